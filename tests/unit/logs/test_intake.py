"""Chunks on their way out of a pipe: noted before they are read, so that a kill leaves none of them uncounted."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from udaemon.logs.intake import Intake
from udaemon.logs.journal import CHUNK, MOVE, WRITE, Journal, allocate


class World:
    """A log pipe, and an intake with the pipe between."""

    def __init__(self) -> None:
        self.memory = allocate()
        self.between = os.pipe2(os.O_CLOEXEC)
        self.read, self.write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.open = {self.memory, *self.between, self.read, self.write}
        self.intake = self.heir()

    def heir(self) -> Intake:
        """As the next logger has it."""
        return Intake(Journal(self.memory), *self.between)

    def ends(self) -> None:
        os.close(self.write)
        self.open.remove(self.write)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    for fd in made.open:
        os.close(fd)


def test_a_chunk_is_in_hand_and_noted(world: World) -> None:
    os.write(world.write, b"hello\n")
    assert world.intake.take(world.read, 1, 2) == b"hello\n"
    journal = world.heir().journal
    assert (journal.phase, journal.stream, journal.sink, journal.chunk) == (WRITE, 1, 2, b"hello\n")
    assert world.heir().queued() == 0


def test_it_takes_no_more_than_a_chunk_at_once(world: World) -> None:
    os.set_blocking(world.write, False)
    written = os.write(world.write, bytes(CHUNK))
    assert written == CHUNK
    first = world.intake.take(world.read, 1, 2)
    os.write(world.write, b"x")
    assert (len(first), world.intake.take(world.read, 1, 2)) == (CHUNK, b"x")


def test_where_there_is_nothing_now_it_says_so_and_at_the_end_it_is_empty(world: World) -> None:
    with pytest.raises(BlockingIOError):
        world.intake.take(world.read, 1, 2)
    world.ends()
    assert world.intake.take(world.read, 1, 2) == b""


def test_f28_what_was_moved_and_not_noted_is_between(world: World) -> None:
    """Killed after the splice: nobody has noted how much it was, and the pipe between tells."""
    world.intake.journal.move(1, 2)
    os.write(world.between[1], b"hello")
    heir = world.heir()
    assert (heir.journal.phase, heir.queued()) == (MOVE, 5)
    heir.journal.moved(heir.queued(), 0.0)
    assert heir.complete(0) == b"hello"


def test_f28_of_a_chunk_that_was_read_in_part_only_the_rest_is_read(world: World) -> None:
    world.intake.journal.move(1, 2)
    world.intake.journal.moved(5, 0.0)
    world.intake.journal.room[:2] = b"he"
    os.write(world.between[1], b"llo")
    heir = world.heir()
    assert heir.complete(heir.journal.size - heir.queued()) == b"hello"


def test_what_is_in_no_step_does_not_stand_before_what_comes(world: World) -> None:
    os.write(world.between[1], b"of a chunk that was written twice")
    world.intake.discard()
    assert world.intake.queued() == 0
    world.intake.discard()
    os.write(world.write, b"next")
    assert world.intake.take(world.read, 1, 2) == b"next"
