"""F7: a process that the keeper has just forked has all that the keeper has, and is no part of any daemon for that."""

from __future__ import annotations

import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.process.project import PATIENCE, Project
from tests.process.test_keeper import parent, supervisor

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace holds up the program's beginning")
BRIEF = """
    [daemons.brief]
    command = "sleep 0.1"
    instances = 5
    restart = "always"
    start-limit = { count = 100000, window = "1s" }
    backoff = { initial = "10ms", max = "10ms" }
"""


@contextmanager
def slow_to_execute(pid: int, microseconds: int) -> Iterator[None]:
    """Hold up whatever this process starts between fork(2) and execve(2)."""
    inject = f"inject=execve:delay_enter={microseconds}"
    argv = ["strace", "-f", "-p", str(pid), "-e", "trace=execve", "-e", inject]
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        assert select.select([tracer.stderr], [], [], 10.0)[0]
        if b"attached" not in (said := tracer.stderr.readline()):
            pytest.skip(f"the kernel forbids to trace: {said!r}")
        try:
            yield
        finally:
            tracer.terminate()
            tracer.communicate(timeout=PATIENCE)


def test_f7_one_that_has_the_read_ends_of_all_logs_is_not_ended_with_a_daemon(project: Project) -> None:
    """It has them until it executes its program; many a daemon ends meanwhile."""
    project.manifest(BRIEF)
    project.up()
    first = supervisor(project)
    with slow_to_execute(parent(first), 1_000_000):
        project.run("reexec")
    assert supervisor(project) != first


def test_f27_only_who_can_write_to_a_log_is_named_as_who_holds_it(project: Project) -> None:
    """Not the keeper, which has the other end."""
    project.manifest("""
        [daemons.left]
        command = ["sh", "-c", "setsid sleep 1000 & echo $! > stray; exec sleep 1000"]
        stop = { kill-tree = false }
    """)
    project.up()
    keeper = parent(supervisor(project))
    project.until("left", lambda _seen: (project.directory / "stray").exists())
    done = project.run("down")
    stray = (project.directory / "stray").read_text().strip()
    subprocess.run(["kill", "-9", stray], check=True)
    told = "".join(path.read_text() for path in project.state.rglob("*.log")) + done.stderr
    assert f"pid {stray} (sleep), left behind, holds" in told
    assert f"pid {keeper} " not in told
