"""sd_notify(3) as a program speaks it: what a message says, whose it is, and one that sends too many."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.kernel import FakeReactor

from udaemon.engines.notify import NotifySockets, listens, notified, told_of_socket
from udaemon.manifest.model import Daemon
from udaemon.manifest.probes import Health, Ready
from udaemon.policy.events import Event, Notified
from udaemon.policy.instance import Key

KEY, OTHER = Key("a", 0), Key("b", 0)
MOST = 50


class World:
    """A clock that stands still, and what the sockets have heard."""

    def __init__(self, directory: str) -> None:
        self.time = 100.0
        self.reactor = FakeReactor()
        self.heard: list[tuple[Key, Event]] = []
        self.sockets = NotifySockets(
            self.reactor, lambda: self.time, directory, lambda key, event: self.heard.append((key, event))
        )

    def send(self, path: str, *messages: bytes) -> None:
        """Send as a program does, and let the loop turn after each."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(message, path)
                self.turn()

    def turn(self) -> None:
        for callback in list(self.reactor.callbacks.values()):
            callback()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    made = World(str(tmp_path))
    yield made
    made.sockets.close()
    assert (made.reactor.callbacks, os.listdir(tmp_path)) == ({}, [])
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"READY=1", Notified(ready=True, watchdog=False, status=None)),
        (b"READY=1\n", Notified(ready=True, watchdog=False, status=None)),
        (b"WATCHDOG=1", Notified(ready=False, watchdog=True, status=None)),
        (b"STATUS=half done", Notified(ready=False, watchdog=False, status="half done")),
        (b"STATUS=", Notified(ready=False, watchdog=False, status="")),
        (b"STATUS=a=b", Notified(ready=False, watchdog=False, status="a=b")),
        (b"READY=1\nSTATUS=up\nMAINPID=12", Notified(ready=True, watchdog=False, status="up")),
        (b"READY=1\nREADY=0", None),
        (b"READY=0", None),
        (b"READY", None),
        (b" READY=1", None),
        (b"MAINPID=12\nRELOADING=1", None),
        (b"", None),
        (b"STATUS=\xff", Notified(ready=False, watchdog=False, status="\ufffd")),
    ],
)
def test_a_message_says_what_sd_notify_has_it_say(message: bytes, said: Notified | None) -> None:
    assert notified(message) == said


@given(st.binary(max_size=5000))
def test_no_message_can_raise_and_no_status_is_long(message: bytes) -> None:
    said = notified(message)
    assert said is None or said.status is None or len(said.status) <= 200


def test_what_arrives_is_told_of_the_instance_whose_socket_it_is(world: World) -> None:
    first, second = world.sockets.open(KEY, 0), world.sockets.open(OTHER, 1)
    world.send(second, b"READY=1")
    world.send(first, b"WATCHDOG=1", b"nonsense")
    assert world.heard == [
        (OTHER, Notified(ready=True, watchdog=False, status=None)),
        (KEY, Notified(ready=False, watchdog=True, status=None)),
    ]


def test_what_the_process_before_it_sent_is_not_heard_of_the_next_one(world: World) -> None:
    path = world.sockets.open(KEY, 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as before:
        before.connect(path)
        before.send(b"READY=1")
        assert world.sockets.open(KEY, 0) == path
        world.turn()
        with pytest.raises(ConnectionRefusedError):
            before.send(b"READY=1")
    assert world.heard == []
    world.send(path, b"READY=1")
    assert len(world.heard) == 1


def test_a_socket_that_a_killed_supervisor_left_is_in_nobodys_way(world: World, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(tmp_path / "notify-0"))
    world.send(world.sockets.open(KEY, 0), b"READY=1")
    assert len(world.heard) == 1


def test_one_that_sends_too_many_is_not_listened_to_for_a_second(world: World) -> None:
    loud, quiet = world.sockets.open(KEY, 0), world.sockets.open(OTHER, 1)
    world.send(loud, *[b"WATCHDOG=1"] * (MOST + 1))
    assert world.sockets.deadline == world.time + 1.0
    said = len(world.heard)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", loud)
    world.turn()
    assert len(world.heard) == said
    world.send(quiet, b"READY=1")
    assert world.heard[-1][0] == OTHER
    world.time += 1.0
    world.sockets.expire(world.time)
    assert world.sockets.deadline is None
    world.turn()
    assert world.heard[-1] == (KEY, Notified(ready=True, watchdog=False, status=None))


def test_a_second_later_the_count_begins_anew(world: World) -> None:
    path = world.sockets.open(KEY, 0)
    world.send(path, *[b"WATCHDOG=1"] * MOST)
    world.time += 1.0
    world.send(path, *[b"WATCHDOG=1"] * MOST)
    assert (len(world.heard), world.sockets.deadline) == (2 * MOST, None)


def test_a_path_that_no_socket_can_have_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    world = World(str(tmp_path / ("x" * 107)))
    with pytest.raises(OSError, match="too long") as refused:
        world.sockets.open(KEY, 0)
    assert (refused.value.errno, world.reactor.callbacks) == (errno.ENAMETOOLONG, {})


def test_a_socket_that_cannot_be_watched_is_not_kept(world: World) -> None:
    world.reactor.fails = OSError(errno.ENOMEM, "x")
    with pytest.raises(OSError, match="x"):
        world.sockets.open(KEY, 0)
    os.unlink(f"{world.sockets._directory}/notify-0")


def test_its_socket_and_what_it_has_to_send_are_in_its_environment() -> None:
    daemon = Daemon(name="a", command=("a",), env={"A": "1"}, ready=Ready(notify=True))
    assert told_of_socket(daemon, "/s").env == {"A": "1", "NOTIFY_SOCKET": "/s"}
    watched = Daemon(name="a", command=("a",), health=Health(notify=True, period=1.5))
    assert told_of_socket(watched, "/s").env == {"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "1500000"}
    assert [listens(one) for one in (daemon, watched, Daemon(name="a", command=("a",)))] == [True, True, False]


def test_what_comes_while_nobody_reads_is_heard_by_who_inherits_the_socket(world: World, tmp_path: Path) -> None:
    path = world.sockets.open(KEY, 1)
    kept = os.dup(next(iter(world.reactor.callbacks)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", path)
    heir = World(str(tmp_path))
    heir.sockets.inherit(KEY, kept)
    heir.turn()
    assert [key for key, _ in heir.heard] == [KEY]
    heir.sockets.close()
    assert not os.path.exists(path)
