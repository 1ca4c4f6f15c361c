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

import pytest
from tests.process.project import PATIENCE, Project
from tests.process.test_supervisor import helpers

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the errors")
FORKS = "clone,clone3,fork,vfork"


@contextmanager
def refusing(pid: int, error: str) -> Iterator[None]:
    """Have each fork of a process fail. strace says on stderr when it is there."""
    strace = ["strace", "-p", str(pid), "-e", f"trace={FORKS}", "-e", f"inject={FORKS}:error={error}"]
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
    with refusing(forks, error):
        os.kill(project.instance(name)["pid"], signal.SIGKILL)
        project.until(name, lambda _: refusals(project, name) == 4)  # the 1st, 2nd, 4th and 8th
    begun = time.monotonic()
    back = project.until(name, lambda one: one["state"] == "running")
    assert time.monotonic() - begun < 4.0, "2 s, and what the verbs take on a loaded machine"
    assert (back["restarts"], back["exit"]["reason"]) == (1, "killed")


def refusals(project: Project, name: str) -> int:
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return sum(event["name"] == name and event["event"] == "refused" for event in told)
