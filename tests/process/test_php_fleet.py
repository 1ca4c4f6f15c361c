"""Twenty ini files, 21 instances: what PHP did natively, both bridges and the follower do too, but for what is named.

With `PHP_DAEMON_LIBRARY` naming a checkout of ustream/daemon and `PHP_DAEMON_VENDOR` a vendor directory with its
`psr` and `symfony`, `pytest -m reference -s tests/process/test_php_fleet.py` runs the real one and prints the table.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.process.php_fleet import WAYS, Fleet, install, observe, table
from tests.process.project import Project

pytestmark = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")


def compared(tmp_path: Path, library: Path | None, vendor: Path | None) -> dict[str, Fleet]:
    fleets = {}
    for way in WAYS:
        directory = tmp_path / way.replace(" ", "-")
        directory.mkdir()
        fleets[way] = observe(Project(directory), install(directory, library, vendor), way)
    return fleets


def look_at(fleets: dict[str, Fleet]) -> None:
    """What the guide says of the ways."""
    native = fleets["native"]
    assert len(native.seen) == 21
    for way in ("bridge php", "follower"):
        assert fleets[way].seen == native.seen
        assert fleets[way].restarted
        assert abs(fleets[way].period - native.period) < 20
    runner = fleets["bridge php-runner"]
    unlike = {label: seen for label, seen in runner.seen.items() if seen != native.seen[label]}
    # An error ends the daemon with 1, as any exception; who grows is replaced; QUIT and KILL leave no pid file.
    assert unlike.keys() == {"undefined", "dies", "greedy", "grow", "throws", "tick"} & unlike.keys()
    assert {label: unlike[label].end for label in ("undefined", "dies", "greedy", "grow")} == {
        "undefined": "1",
        "dies": "1",
        "greedy": "1",
        "grow": "runs",
    }
    assert abs(runner.period - 200) < 20
    assert runner.restarted


def test_the_stand_in_s_daemons_do_the_same_in_every_way(tmp_path: Path) -> None:
    fleets = compared(tmp_path, None, None)
    look_at(fleets)


@pytest.mark.reference
def test_the_real_library_s_daemons_do_the_same_in_every_way(tmp_path: Path) -> None:
    library, vendor = os.environ.get("PHP_DAEMON_LIBRARY"), os.environ.get("PHP_DAEMON_VENDOR")
    if library is None:
        pytest.skip("PHP_DAEMON_LIBRARY names no checkout of ustream/daemon")
    fleets = compared(tmp_path, Path(library), None if vendor is None else Path(vendor))
    print(f"\n{table(fleets)}")
    look_at(fleets)
