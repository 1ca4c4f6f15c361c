"""Starts that the system refuses for a while: tried again without a storm, and back soon after (faults.md F12)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, read_line
from tests.process.test_supervisor import helpers

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the errors")
FORKS = "clone,clone3,fork,vfork"
EIGHT_ATTEMPTS = {"task": 15, "command": 8}
"""Forks; a zygote asked for one child tries to fork the one in reserve, too."""


@contextmanager
def begun(project: Project, call: str, error: str, number: int) -> Iterator[subprocess.Popen[str]]:
    """`up -d --wait`, and in each of its processes one call that fails; it ends with the last of them."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]
    with subprocess.Popen(
        ["strace", "-f", "-qq", "-o", project.directory / "trace", *inject, *UDAEMON, "up", "-d", "--wait"],
        cwd=project.directory,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        yield up


EACH_KIND = """
    [daemons.task]
    task = "app:run"
    sleep = "1h"

    [daemons.spawned]
    task = "app:run"
    sleep = "1h"
    start-method = "spawn"

    [daemons.command]
    command = "sleep 1000"
"""


@pytest.mark.parametrize("error", ["EMFILE", "ENOSPC", "ENOMEM"])
@pytest.mark.parametrize(("number", "made"), [(1, "udaemon-scoreboard"), (3, "udaemon-handoff")])
def test_f13_a_supervisor_without_memory_or_descriptors_for_its_own_is_told_in_a_line_and_leaves_nothing(
    project: Project, number: int, made: str, error: str
) -> None:
    project.file("app.py", "def run():\n    pass\n")
    project.manifest(EACH_KIND)
    with begun(project, "memfd_create", error, number) as up:
        _, told = up.communicate(timeout=PATIENCE)
    trace = (project.directory / "trace").read_text()
    if "INJECTED" not in trace:
        pytest.skip(f"no ptrace here: {told}")
    assert f'"{made}"' in next(line for line in trace.splitlines() if "INJECTED" in line)
    assert up.returncode == 1
    assert told.startswith("udaemon: the supervisor could not start: ")
    assert f"({error})" in told
    assert len(told.splitlines()) == 1
    assert [path for one in project.run_directories() for path in one.rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize("error", ["EMFILE", "ENOSPC"])
@pytest.mark.parametrize("number", [2, 4, 5])
def test_f13_a_start_without_memory_or_descriptors_is_tried_again(project: Project, number: int, error: str) -> None:
    """The memory is that of an order to a zygote or to an interpreter of a daemon's own."""
    project.file("app.py", "def run():\n    pass\n")
    project.manifest(EACH_KIND)
    with begun(project, "memfd_create", error, number) as up:
        assert up.stderr is not None
        told = [read_line(up.stderr.fileno(), time.monotonic() + PATIENCE) for _ in range(4)]
        if "runs, supervised by" not in told[0]:
            pytest.skip(f"no ptrace here: {told}")
        states = {one["name"]: (one["state"], one["restarts"]) for one in project.instances()}
        project.down()
    assert states == dict.fromkeys(("task", "spawned", "command"), ("running", 0))


@contextmanager
def refusing(pid: int, error: str, count: int) -> Iterator[None]:
    """Have the next forks of a process fail. strace says on stderr when it is there.

    To have each of them fail would have one end with ENOSYS, if strace left in the middle of it.
    """
    strace = ["strace", "-p", str(pid), "-e", f"trace={FORKS}", "-e", f"inject={FORKS}:error={error}:when=1..{count}"]
    with subprocess.Popen(strace, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        try:
            said = tracer.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"no ptrace here: {said}")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("error", ["EAGAIN", "ENOMEM"])
@pytest.mark.parametrize("name", ["task", "command"])
def test_f12_a_fork_that_fails_for_long_is_back_within_two_seconds_of_the_end(
    project: Project, name: str, error: str
) -> None:
    project.file("task.py", "def create():\n    return lambda: None\n")
    project.manifest("""
        [daemons.task]
        factory = "task:create"
        sleep = "1h"

        [daemons.command]
        command = "sleep 1000"
    """)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    forks = helpers(supervisor, "zygote")[0] if name == "task" else supervisor
    with refusing(forks, error, EIGHT_ATTEMPTS[name]):
        first = project.instance(name)["pid"]
        os.kill(first, signal.SIGKILL)
        back = project.until(name, lambda one: one["state"] == "running" and one["pid"] != first)
    assert (back["restarts"], back["exit"]["reason"]) == (1, "killed")
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    moments = {
        what: [datetime.fromisoformat(one["at"]) for one in told if (one["name"], one["event"]) == (name, what)]
        for what in ("refused", "started")
    }
    assert len(moments["refused"]) == 4  # the 1st, 2nd, 4th and 8th
    assert moments["started"][-1] - moments["refused"][-1] < timedelta(seconds=3), "2 s, and a loaded machine"
