"""Messages before a socket that takes what it likes: in their order, each with its descriptor, and never waiting."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from tests.fakes.reactor import SmallReactor

from udaemon.logs.outbox import Outbox


class World:
    def __init__(self) -> None:
        self.reactor = SmallReactor()
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.outbox = Outbox(self.reactor)

    def read_all(self, size: int) -> bytes:
        """Read so many bytes, and let the loop turn between."""
        got = b""
        self.theirs.settimeout(10)
        while len(got) < size:
            got += self.theirs.recv(min(65536, size - len(got)))
            if self.reactor.watched:
                self.reactor.turn(0.0)
        return got


class NoMemory(socket.socket):
    """The system has none for it."""

    def send(self, *_arguments: object) -> int:
        raise OSError(12, "Cannot allocate memory")


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.ours.close()
    made.theirs.close()
    made.reactor.close()


def test_what_the_socket_takes_goes_at_once(world: World) -> None:
    world.outbox.add(b"one")
    world.outbox.add(b"two")
    world.outbox.flush(world.ours)
    assert (world.theirs.recv(100), world.reactor.watched, world.outbox.again_at) == (b"onetwo", frozenset(), None)


def test_more_than_it_takes_goes_when_it_takes_more_and_in_order(world: World) -> None:
    messages = [bytes([number]) * 50_000 for number in range(40)]
    for message in messages:
        world.outbox.add(message)
    world.outbox.flush(world.ours)
    assert world.reactor.watched == {world.ours.fileno()}
    assert world.read_all(2_000_000) == b"".join(messages)
    assert world.reactor.watched == frozenset()


def test_a_descriptor_comes_with_its_message_also_where_that_has_to_wait(world: World) -> None:
    read, write = os.pipe()
    world.outbox.add(bytes(1_000_000))
    world.outbox.add(b"here", read)
    world.outbox.flush(world.ours)
    os.write(write, b"through it")
    world.read_all(1_000_000)
    world.reactor.run_until(lambda: not world.reactor.watched)
    data, fds, _, _ = socket.recv_fds(world.theirs, 100, 4)
    assert (data, len(fds), os.read(fds[0], 100)) == (b"here", 1, b"through it")
    for fd in (read, write, *fds):
        os.close(fd)


def test_nothing_is_kept_for_a_reader_that_has_died(world: World) -> None:
    world.theirs.close()
    world.outbox.add(b"one")
    world.outbox.flush(world.ours)
    world.outbox.drain(world.ours)  # there is nothing left that could fail
    assert world.outbox.again_at is None


def test_without_memory_it_goes_a_moment_later(world: World) -> None:
    starved = NoMemory(fileno=os.dup(world.ours.fileno()))
    world.outbox.add(b"one")
    world.outbox.flush(starved)
    waits = world.outbox.again_at is not None
    assert (waits, world.reactor.watched) == (True, frozenset())
    starved.close()
    world.outbox.flush(world.ours)
    assert (world.theirs.recv(10), world.outbox.again_at) == (b"one", None)


def test_what_was_not_sent_can_be_forgotten(world: World) -> None:
    world.outbox.add(b"for the one before")
    world.outbox.clear()
    world.outbox.add(b"for this one")
    world.outbox.flush(world.ours)
    assert world.theirs.recv(100) == b"for this one"


def test_at_the_end_it_waits_as_long_as_the_socket_does(world: World) -> None:
    world.outbox.add(bytes(2_000_000))
    world.ours.settimeout(0.01)
    with pytest.raises(TimeoutError):
        world.outbox.drain(world.ours)
