"""F38: the number of a dead process may be anybody's in the next moment, and nobody but a daemon of ours is hit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "-pfm", "--mount-proc"]


@pytest.mark.parametrize("killed", ["nobody", "both"])
def test_f38_a_stranger_who_has_the_pid_of_a_dead_daemon_is_not_touched(tmp_path: Path, killed: str) -> None:
    """In a pid namespace, where the next pid can be chosen. With `both` only files and locks tell of the daemon."""
    if os.geteuid() != 0 or subprocess.run([*UNSHARE, "true"], check=False).returncode != 0:
        pytest.skip("only root may choose the next pid, in a namespace of its own")
    command = [*UNSHARE, sys.executable, "-m", "tests.process.pid_reuse", str(tmp_path), killed]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=100)
    seen = json.loads(done.stdout)
    assert seen["lives"]
    assert seen["said"] != seen["pid"]
    assert (seen["state"], seen["again"] not in (None, seen["pid"])) == ("running", True)
