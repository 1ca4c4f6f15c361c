"""Three minutes of chaos on request: `pytest -m slow tests/soak`; SOAK_SECONDS makes it longer, SOAK_SEED repeats one.

What follows from the death of a supervisor is a parameter: today its daemons end with it (SOAK_SUPERVISOR=ends).
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process.test_log_full import UNSHARE, may_mount

SECONDS = float(os.environ.get("SOAK_SECONDS", "180"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
EXPECTED = os.environ.get("SOAK_SUPERVISOR", "ends")
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 240)]


def test_f64_chaos_ends_with_everything_as_wanted_and_nothing_lost(tmp_path: Path) -> None:
    """Kills of every process of ours, storms of verbs, full disks, edits: I1, I2, I5, I8 to I12, I17, I20, I22, I23."""
    if not may_mount():
        pytest.skip("the kernel gives no mount namespace, so there is no small disk")
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that hang: this one has a time-out of its own
    command = [*UNSHARE, sys.executable, "-m", "tests.soak.chaos", str(tmp_path), str(SECONDS), str(SEED), EXPECTED]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False, timeout=SECONDS + 220)
    assert done.returncode == 0, f"SOAK_SEED={SEED}"
    seen = json.loads(done.stdout)
    print(f"SOAK_SEED={SEED}: {seen}")
    assert seen["wrongs"] == [], f"SOAK_SEED={SEED}"
    assert seen["looks"] > SECONDS
    assert seen["lines"] > 1000
