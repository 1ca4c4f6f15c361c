"""Under a service manager: what `up` tells systemd, and as the first process of a container."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, gone

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


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


@pytest.fixture
def container(project: Project) -> Iterator[subprocess.Popen[str]]:
    """`up` as process 1 of a PID namespace, as in a container without an init."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("the kernel grants no PID namespace here")
    project.manifest("""
        [daemons.web]
        command = "sh -c 'echo up as $$$$; exec sleep 1000'"
    """)
    with subprocess.Popen(
        [*NAMESPACE, *UDAEMON, "up"],
        cwd=project.directory,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def first(container: subprocess.Popen[str]) -> int:
    """The pid by which we see its process 1, once its daemon runs."""
    assert container.stdout is not None
    for line in container.stdout:
        if re.search(r"up as \d+", line):
            break
    (pid,) = children(container.pid)
    return pid


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_f9_as_process_1_a_signal_stops_all(container: subprocess.Popen[str], number: signal.Signals) -> None:
    pid = first(container)
    began = time.monotonic()
    os.kill(pid, number)
    output, _ = container.communicate(timeout=PATIENCE)
    assert container.returncode == (130 if number == signal.SIGINT else 0), output
    assert time.monotonic() - began < PATIENCE
    assert gone([pid])


def test_f8_as_process_1_nothing_that_is_left_behind_stays_a_zombie(container: subprocess.Popen[str]) -> None:
    pid = first(container)
    # From outside the project, as by `docker exec`: its orphan becomes a child of process 1.
    enter = ["nsenter", "--pid", "--mount", f"--target={pid}", "sh", "-c", "sleep 0.1 & sleep 0.2 &"]
    for _ in range(20):
        subprocess.run(enter, check=True, capture_output=True, timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while zombies(pid):
        assert time.monotonic() < deadline, f"zombies of process 1: {zombies(pid)}"
        os.sched_yield()
    os.kill(pid, signal.SIGTERM)
    container.communicate(timeout=PATIENCE)


def zombies(pid: int) -> list[int]:
    return [child for child in children(pid) if ") Z " in Path(f"/proc/{child}/stat").read_text()]
