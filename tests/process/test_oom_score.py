"""The OOM killer takes our own processes last, and daemons as if nobody had lowered anything (F65)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process.engine_bench import Bench
from tests.process.project import Project

from udaemon.system.oom import SHIELDED
from udaemon.system.procfs import children

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
    script = "from udaemon.system.oom import shield; raise SystemExit(shield() is None)"
    return subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.skipif(not may_lower(), reason="the kernel lets nobody lower it here")
def test_f65_supervisor_logger_and_zygote_are_shielded_and_no_daemon_inherits_it(project: Project) -> None:
    project.file("jobs.py", "def create(): return lambda: None\n")
    project.manifest(KINDS)
    own = score(os.getpid())
    project.up()
    project.run("restart", "*")

    supervisor = project.ps()["supervisor"]["pid"]
    daemons = {one["pid"] for one in project.instances()}
    helpers = [score(pid) for pid in children(supervisor) if pid not in daemons]
    assert score(supervisor) == SHIELDED
    assert helpers == [SHIELDED] * 3, "the logger and two zygotes"
    assert {one["name"]: score(one["pid"]) for one in project.instances()} == dict.fromkeys(
        ("command", "forked", "elsewhere", "spawned"), own
    )


def test_f65_daemons_get_their_score_and_a_zygote_keeps_ours(tmp_path: Path) -> None:
    """To give more is always allowed, so that this needs no privilege."""
    own = score(os.getpid())
    wanted = min(own + 100, 1000)
    bench = Bench(tmp_path, oom_score=wanted)
    told = "print(open('/proc/self/oom_score_adj').read().strip())"
    stop = "import udaemon\ndef stop(): raise udaemon.StopTask\n"
    bench.module("look", f"{stop}def create():\n    {told}\n    return stop\n")
    keys = [bench.daemon("look"), bench.daemon("command", command=("cat", "/proc/self/oom_score_adj"))]
    for key in keys:
        bench.run(key)
        assert bench.output(key).split() == [str(wanted)]
    assert [score(pid) for pid in bench.zygotes()] == [own]
    bench.close()
