"""Verbs that cross each other, and clients that misbehave: F39, F40, F58."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project, read_line
from tests.process.watchman import Watchman, fds

from udaemon.cli import bring_down
from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.control import rundir, sockets
from udaemon.control.client import Client
from udaemon.errors import NotRunning

BEAT = "def create():\n    return lambda: None\n"
THREE = """
    [daemons.beat]
    factory = "beat:create"
    sleep = "10ms"
    instances = 2

    [daemons.command]
    command = "sleep 1000"
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.file("beat.py", BEAT)
    project.manifest(THREE)
    project.up()
    return project


def test_f39_twenty_verbs_at_once_all_end_and_leave_one_of_each(shop: Project) -> None:
    chance = random.Random(39)
    verbs = [("start", "*"), ("stop", "*"), ("restart", "*"), ("restart", "beat"), ("stop", "command"), ("up", "-d")]
    codes: list[int] = []

    def run(*verb: str) -> None:
        codes.append(shop.run(*verb, code=None).returncode)

    with Watchman(shop.runtime) as watchman:
        threads = [threading.Thread(target=run, args=chance.choice(verbs)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shop.run("start", "*")

    assert len(codes) == 20
    assert set(codes) <= {0, 1}
    assert watchman.wrongs == []
    assert {one["state"] for one in shop.instances()} == {"running"}


def test_f39_a_stop_that_a_start_overtakes_is_told_so(project: Project, bell: Callable[[str], Bell]) -> None:
    """Both clients end: the one that lost says why, instead of waiting for an end that nobody wants any more."""
    asked, leave = bell("asked"), project.directory / "leave"
    os.mkfifo(leave)
    farewell = f"echo asked > {asked.path}; read word < {leave}; exit 0"
    project.file("slow.sh", f"trap '{farewell}' TERM; while :; do sleep 0.05; done")
    project.manifest("""
        [daemons.slow]
        command = "sh slow.sh"
    """)
    project.up()
    with project.process("stop", "slow") as stop:
        assert asked.lines(1) == ["asked"]
        with project.process("start", "slow") as start:
            while project.instance("slow")["wanted"] != "up":
                assert start.poll() is None
            leave.write_text("now\n")
            assert start.wait(PATIENCE) == 0
        _, told = stop.communicate(timeout=PATIENCE)

    assert stop.returncode == 1
    assert "slow/0 was asked to start again meanwhile" in told
    assert project.instance("slow")["state"] == "running"


def test_f41_two_downs_and_an_up_in_between_all_end(shop: Project) -> None:
    with ExitStack() as stack:
        verbs = [("down",), ("up", "-d"), ("down",), ("up", "-d", "--wait")]
        ran = [stack.enter_context(shop.process(*verb)) for verb in verbs]
        told = [process.communicate(timeout=PATIENCE)[1] for process in ran]
    codes = [process.returncode for process in ran]
    assert set(codes[1::2]) == {0}, told
    assert set(codes[0::2]) <= {0, 3}, told
    shop.run("down", code=None)
    assert shop.run_directories() == []


def test_f41_an_up_that_asks_a_supervisor_in_its_last_moment_starts_another(project: Project) -> None:
    """It has taken the question, and ends before it answers."""
    manifest = project.manifest('[daemons.quiet]\ncommand = "sleep 1000"\n')
    base = rundir.base(project.environ, os.geteuid())
    fd = rundir.make(base, rundir.directory_name(project.directory.name, str(manifest)))
    rundir.release(fd)
    lock, listener = rundir.take_lock(fd), sockets.listen(fd)
    assert lock is not None
    with project.process("up", "-d") as up:
        assert select.select([listener], [], [], PATIENCE)[0]
        asking, _ = listener.accept()
        os.unlink(sockets.SOCKET, dir_fd=fd)
        listener.close()
        asking.close()
        os.close(lock)
        _, told = up.communicate(timeout=PATIENCE)
    os.close(fd)
    assert (up.returncode, "runs, supervised by pid" in told) == (0, True), told
    assert project.instance("quiet")["state"] == "running"


@pytest.fixture
def finds_nobody(shop: Project, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """A `down` in this process that finds no supervisor; each time the next of these is done right after its look."""
    meanwhile: list[Callable[[], None]] = []

    def look(options: GlobalOptions) -> Client:
        if not meanwhile:
            return connect_supervisor(options)
        meanwhile.pop(0)()
        raise NotRunning("no supervisor is running")

    monkeypatch.setattr(bring_down, "connect_supervisor", look)
    monkeypatch.setattr(os, "environ", shop.environ)
    return meanwhile


def test_f41_a_down_asks_the_supervisor_that_came_while_it_looked(
    shop: Project, finds_nobody: list[Callable[[], None]]
) -> None:
    """What goes on is its, and not of one that was killed."""
    shop.down()
    finds_nobody.append(shop.up)
    assert bring_down.bring_down(GlobalOptions((str(shop.directory / "udaemon.toml"),))) == 0
    assert shop.run_directories() == []


def test_f41_a_down_is_good_where_another_ends_all_while_it_looks(
    shop: Project, finds_nobody: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_directory = rundir.open_directory

    def ended_before(path: str) -> int:
        shop.down()
        return open_directory(path)

    finds_nobody.append(lambda: None)
    monkeypatch.setattr(rundir, "open_directory", ended_before)
    assert bring_down.bring_down(GlobalOptions((str(shop.directory / "udaemon.toml"),))) == 0


def test_f40_a_stop_goes_on_without_its_client(project: Project, bell: Callable[[str], Bell]) -> None:
    asked = bell("asked")
    project.file("slow.sh", f"trap 'echo asked > {asked.path}; sleep 0.2; exit 7' TERM; while :; do sleep 0.05; done")
    project.manifest("""
        [daemons.slow]
        command = "sh slow.sh"
    """)
    project.up()
    with project.process("stop", "slow") as stop:
        assert asked.lines(1) == ["asked"]
        os.kill(stop.pid, signal.SIGKILL)
        stop.wait(PATIENCE)

    seen = project.until("slow", lambda seen: bool(seen["state"] == "stopped"))
    assert seen["exit"]["code"] == 7


def test_f58_hostile_clients_harm_nobody(shop: Project) -> None:
    supervisor = shop.ps()["supervisor"]["pid"]
    (directory,) = shop.run_directories()
    before = fds(supervisor)
    with ExitStack() as stack:
        hostile = [stack.enter_context(client(directory)) for _ in range(5)]
        hostile[0].sendall(struct.pack(">I", 1 << 30))
        hostile[1].sendall(b"\0\0\0\x50{")
        hostile[2].sendall(frame("events", follow=True))
        hostile[3].sendall(random.Random(58).randbytes(60_000))
        hostile[4].sendall(struct.pack(">I", 60_000) + b"[" * 60_000)
        assert b"at most 65536 are taken" in hostile[0].recv(4096)
        crowd = [stack.enter_context(client(directory)) for _ in range(100)]
        shop.run("restart", "*")

        begun = time.monotonic()
        with client(directory) as asking:
            asking.sendall(frame("ps"))
            assert b'"instances"' in asking.recv(65536)
        assert time.monotonic() - begun < 5.0
        assert len(crowd) == 100
    # The one after those that hung up sees that they were let go of.
    with shop.process("events", "-f") as events:
        assert events.stdout is not None
        shop.run("restart", "command")
        read_line(events.stdout.fileno(), time.monotonic() + PATIENCE)
    shop.ps()
    assert fds(supervisor) <= before + 1


def client(directory: Path) -> socket.socket:
    """A connection to the control socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5.0)
    fd = os.open(directory, os.O_RDONLY)
    try:
        connection.connect(f"/proc/self/fd/{fd}/control.sock")
    finally:
        os.close(fd)
    return connection


def frame(verb: str, **args: object) -> bytes:
    """A request as it goes over the socket."""
    body = json.dumps({"verb": verb, "args": args}).encode()
    return struct.pack(">I", len(body)) + body
