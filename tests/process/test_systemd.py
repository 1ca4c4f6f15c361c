"""Under a service manager: what `up` tells systemd."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.process.project import PATIENCE, Project


@pytest.fixture
def manager(project: Project) -> Iterator[socket.socket]:
    """A stand-in for systemd's end of NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        path = str(project.directory / "notify")
        listening.bind(path)
        listening.settimeout(PATIENCE)
        project.environ |= {"NOTIFY_SOCKET": path}
        yield listening


def hear(manager: socket.socket, wanted: str) -> list[str]:
    """All that is told up to the first message with a line `wanted`."""
    told: list[str] = []
    while not told or wanted not in told[-1].splitlines():
        told.append(manager.recv(4096).decode())
    return told


def test_systemd_is_told_when_all_is_up_and_when_all_stops(project: Project, manager: socket.socket) -> None:
    project.manifest("""
        daemons.web.command = "sleep 1000"
        daemons.broken.command = "false"
        daemons.broken.restart = "never"
    """)
    with project.process("up") as up:
        told = [*hear(manager, "READY=1"), *hear(manager, "STATUS=1 running, 1 failed")]
        assert sum("READY=1" in message for message in told) == 1
        project.run("stop", "web")
        hear(manager, "STATUS=1 failed")
        up.send_signal(signal.SIGTERM)
        hear(manager, "STOPPING=1")
        up.communicate(timeout=PATIENCE)


def test_no_daemon_can_speak_for_the_supervisor(project: Project, manager: socket.socket) -> None:
    project.environ |= {"WATCHDOG_USEC": "600000000", "LISTEN_FDS": "1"}
    project.file(
        "jobs.py",
        """
        import os

        def task():
            print(sorted(name for name in os.environ if name in
                ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "OWN")), flush=True)
        """,
    )
    project.manifest("""
        daemons.command.command = "sh -c 'echo $${NOTIFY_SOCKET-none}, $${WATCHDOG_USEC-none}; exec sleep 1000'"
        daemons.own = { command = "sh -c 'echo $$NOTIFY_SOCKET; exec sleep 1000'", env = { NOTIFY_SOCKET = "/mine" } }
        daemons.task = { task = "jobs:task", sleep = "1h" }
    """)
    with project.process("up") as up:
        hear(manager, "READY=1")
        project.until("task", lambda one: one["runs"]["count"] == 1)
        up.send_signal(signal.SIGTERM)
        output, _ = up.communicate(timeout=PATIENCE)
    assert "none, none" in output
    assert "/mine" in output
    assert "[]" in output


def test_the_watchdog_hears_of_a_supervisor_that_goes_round_its_loop(project: Project, manager: socket.socket) -> None:
    project.environ |= {"WATCHDOG_USEC": "200000"}
    project.manifest('daemons.web.command = "sleep 1000"')
    with project.process("up"):
        hear(manager, "READY=1")
        for _ in range(3):
            hear(manager, "WATCHDOG=1")
        pid = project.ps()["supervisor"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            manager.settimeout(1.0)
            with suppress(TimeoutError):
                while True:
                    hear(manager, "WATCHDOG=1")
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("text", ['daemons.more.command = "sleep 1000"', "daemons.broken = 7"])
@pytest.mark.parametrize("by", ["verb", "signal"])
def test_a_reload_is_told_and_ends_whatever_comes_of_it(
    project: Project, manager: socket.socket, text: str, by: str
) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    with project.process("up"):
        hear(manager, "READY=1")
        project.manifest(f'daemons.web.command = "sleep 1000"\n{text}')
        if by == "signal":
            os.kill(project.ps()["supervisor"]["pid"], signal.SIGHUP)
        elif project.run("apply", code=None).returncode:
            return  # refused before anything was asked of the supervisor's daemons
        hear(manager, "RELOADING=1")
        hear(manager, "READY=1")


@pytest.mark.parametrize("address", ["relative", "vsock:2:1234", "/not/there"])
def test_a_manager_that_cannot_be_told_is_no_reason_to_fail(project: Project, address: str) -> None:
    project.environ |= {"NOTIFY_SOCKET": address}
    project.manifest('daemons.web.command = "sleep 1000"')
    project.up()
    project.down()
