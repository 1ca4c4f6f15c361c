"""The core over a fake system in which everything goes wrong: no seed breaks an invariant, and each is its own replay.

UDAEMON_SIMULATION=N tries N seeds that nobody has tried, instead of those that everybody does.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.run import run

SEEDS, PARTS = 2000, 40
_EXTRA = int(os.environ.get("UDAEMON_SIMULATION", "0"))
_ROOT = Path(__file__).parents[2]

# Sockets of a supervisor that died are closed by the end of it; descriptors are counted.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize("part", range(PARTS))
def test_no_seed_breaks_an_invariant(part: int) -> None:
    """Never two copies, no exit lost, exact counts, stops in their time, no timer or descriptor left."""
    seeds = range(part, SEEDS, PARTS)
    if _EXTRA:
        seeds = range(start := random.SystemRandom().randrange(SEEDS, 10**9), start + _EXTRA // PARTS)
    failed = [result.told() for seed in seeds if (result := run(seed)).wrongs]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("seed", [7, 1019, 1036, 1997])
def test_the_same_seed_is_the_same_run(seed: int) -> None:
    first, again = run(seed), run(seed)
    assert first.turns > 10
    assert first.trace == again.trace


@pytest.mark.parametrize("seed", [3, 1019])
def test_the_same_seed_is_the_same_run_in_another_process(seed: int) -> None:
    """Nothing goes by the order of a set of names, which is another one in each interpreter."""
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", str(seed)],
            cwd=_ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert outputs.pop().count(b"\n") > 50


@pytest.mark.parametrize("seed", range(30))
def test_f11_a_clock_that_is_set_changes_nothing_but_what_is_shown(seed: int) -> None:
    assert run(seed).trace == run(seed, wall_jumps=False).trace
