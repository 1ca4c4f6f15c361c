"""A supervisor that has run out of file descriptors: nothing is forgotten, and all heals (faults.md F13)."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.project import Project

TWO = """
    [daemons.beat]
    factory = "beat:create"
    sleep = "10ms"

    [daemons.command]
    command = "sleep 1000"
"""
BEAT = "def create():\n    return lambda: None\n"


def test_f13_an_end_without_any_descriptor_left_is_seen_when_there_are_some(project: Project) -> None:
    project.file("beat.py", BEAT)
    project.manifest(TWO)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    before = {one["name"]: one["pid"] for one in project.instances()}
    limit = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
    resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (3, limit[1]))
    try:
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        asked = ask(project)  # accepted, or not, when it has got round to it: it has handled the deaths by then
    finally:
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, limit)
    asked.close()

    for name in before:
        seen = project.until(name, lambda seen: seen["state"] == "running" and seen["pid"] != before[seen["name"]])
        assert (seen["restarts"], seen["exit"]["signal"]) == (1, 9)
    assert zombies(supervisor) == []


def ask(project: Project) -> socket.socket:
    """A client who waits to be accepted."""
    (directory,) = project.run_directories()
    client = socket.socket(socket.AF_UNIX)
    fd = os.open(directory, os.O_RDONLY)
    client.connect(f"/proc/self/fd/{fd}/control.sock")
    os.close(fd)
    return client


def zombies(parent: int) -> list[int]:
    """Children that nobody has reaped."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"]


def test_f13_the_last_descriptors_go_to_clients_and_an_end_is_seen_all_the_same(project: Project) -> None:
    """The table is full to the last number; a death is handled with the one kept for it, and gives some back."""
    project.file("beat.py", BEAT)
    project.manifest(TWO)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    pid = project.instance("command")["pid"]
    limit = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir(f"/proc/{supervisor}/fd")))
    resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (highest + 1, limit[1]))
    clients = [ask(project) for _ in range(40)]
    try:
        os.kill(pid, signal.SIGKILL)
        for client in clients:
            client.close()
        seen = project.until("command", lambda seen: seen["state"] == "running" and seen["pid"] != pid)
    finally:
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, limit)
    assert seen["restarts"] == 1


def test_f13_more_daemons_than_descriptors_are_refused_before_one_is_started(project: Project) -> None:
    project.manifest("""
        [daemons.many]
        command = "touch started"
        instances = 60
    """)
    refused = project.run("up", "-d", code=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
    assert "60 instances need 340 descriptors, and the limit (ulimit -n) is 200" in refused.stderr
    assert not (project.directory / "started").exists()
    project.run("ps", code=3)


def test_f13_with_as_many_descriptors_as_are_asked_for_all_daemons_run(project: Project) -> None:
    """With fewer they would be tried again without an end."""
    project.file("beat.py", BEAT)
    project.manifest(TWO)

    def limited(limit: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    refused = project.run("up", "-d", code=1, preexec_fn=limited(38))
    least = re.search(r"2 instances need (\d+) descriptors", refused.stderr)
    assert least is not None, refused.stderr
    project.run("up", "-d", preexec_fn=limited(int(least[1])))
    assert {one["state"] for one in project.instances()} == {"running"}


@pytest.mark.parametrize("limit", [16, 20, 24])
def test_f13_a_limit_too_low_for_a_supervisor_is_said_in_a_line(project: Project, limit: int) -> None:
    project.manifest(TWO)
    refused = project.run(
        "up", "-d", code=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    )
    assert refused.stderr.startswith("udaemon: the supervisor could not start: Too many open files (EMFILE)")
    assert f"the limit (ulimit -n) is {limit}" in refused.stderr
    assert "Traceback" not in refused.stderr
