"""The OOM killer takes the supervisor last, and daemons as if nobody had lowered anything (F65)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process.project import Project

from udaemon.engines.oom import SHIELDED

KINDS = """
    [daemons.command]
    command = "sleep 1000"
    [daemons.forked]
    factory = "jobs:create"
    sleep = 1
    [daemons.elsewhere]
    factory = "jobs:create"
    sleep = 1
    env = { PYTHONHASHSEED = "1" }
    [daemons.spawned]
    factory = "jobs:create"
    sleep = 1
    start-method = "spawn"
"""


def score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def may_lower() -> bool:
    """Whether a process of ours may have less than we have: root outside of most containers."""
    script = "from udaemon.engines.oom import shield; raise SystemExit(shield() is None)"
    return subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.skipif(not may_lower(), reason="the kernel lets nobody lower it here")
def test_f65_the_supervisor_is_shielded_and_no_daemon_inherits_it(project: Project) -> None:
    project.file("jobs.py", "def create(): return lambda: None\n")
    project.manifest(KINDS)
    own = score(os.getpid())
    project.up()
    project.run("restart", "*")

    assert score(project.ps()["supervisor"]["pid"]) == SHIELDED
    assert {one["name"]: score(one["pid"]) for one in project.instances()} == dict.fromkeys(
        ("command", "forked", "elsewhere", "spawned"), own
    )
