"""Whatever a logger was killed in, the next one writes what it had taken, once; `killed` says what it had come to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.logs.intake import Intake
from udaemon.logs.journal import IDLE, Journal, allocate
from udaemon.logs.log_target import LogTarget
from udaemon.logs.recovery import recover
from udaemon.logs.retained import Held, Kept
from udaemon.logs.sink import Sink
from udaemon.logs.stream import Stream

STREAM, FILE = 1, 2
NOW = 1_795_521_600.25


class World:
    """The file has a line already; the journal and the pipe between are what the dead logger left."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "x.log"
        self.path.write_bytes(b"before\n")
        self.memory = allocate()
        self.between = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.journal = Journal(self.memory)
        self.held = Held(self.journal, STREAM)
        self.kept = Kept(self.journal, FILE)

    def in_hand(self, chunk: bytes, *, read: int = 0, noted: bool = True) -> None:
        """It had taken a chunk out of the log pipe, and read so much of it."""
        self.journal.move(STREAM, FILE)
        os.write(self.between[1], chunk[read:])
        self.journal.room[:read] = chunk[:read]
        if noted:
            self.journal.moved(len(chunk), NOW)

    def began_to_write(self, lines: bytes, *, done: int = 0, came: int | None = None) -> None:
        """It was about to write these lines, and the file has so many bytes of them."""
        found = self.path.stat()
        self.journal.intend(done, (found.st_dev, found.st_ino), found.st_size, len(lines) - done)
        with self.path.open("ab") as file:
            file.write(lines[done:][:came])

    def recovered(self, path: str = "x.log", *, knows_pipe: bool = True) -> bytes:
        """What is in the files when the next one is done with it."""
        journal = Journal(self.memory)
        intake = Intake(journal, *self.between)
        target = LogTarget(path=str(self.path), name="web", timestamps=False, backups=2)
        sink = Sink(target, journal=journal, slot=FILE)
        stream = Stream("1", slot=STREAM, fd=-1, target=target, sink=sink, journal=journal)
        recover(intake, [stream] if knows_pipe else [], [sink])
        assert (Journal(self.memory).phase, intake.queued()) == (IDLE, 0)
        sink.retry()
        sink.close()
        return self.path.with_name(path).read_bytes()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for fd in (made.memory, *made.between):
        os.close(fd)


def test_where_nothing_was_under_way_nothing_is_written(world: World) -> None:
    assert world.recovered() == b"before\n"


def test_killed_before_anything_had_left_the_pipe(world: World) -> None:
    world.journal.move(STREAM, FILE)
    assert world.recovered() == b"before\n"


def test_killed_when_a_chunk_had_left_the_pipe_and_nobody_had_noted_how_much(world: World) -> None:
    world.in_hand(b"one\ntw", noted=False)
    assert world.recovered() == b"before\none\n"
    assert Held(Journal(world.memory), STREAM).data == b"tw"


@pytest.mark.parametrize("read", [0, 3, 8])
def test_killed_while_it_read_a_chunk(world: World, read: int) -> None:
    world.in_hand(b"one\ntwo\n", read=read)
    assert world.recovered() == b"before\none\ntwo\n"


@pytest.mark.parametrize("came", [0, 1, 4, 7, 8])
def test_killed_while_it_wrote(world: World, came: int) -> None:
    world.in_hand(b"one\ntwo\n", read=8)
    world.began_to_write(b"one\ntwo\n", came=came)
    assert world.recovered() == b"before\none\ntwo\n"


def test_killed_in_the_second_of_two_writes(world: World) -> None:
    world.in_hand(b"one\ntwo\n", read=8)
    world.path.write_bytes(b"before\none\n")
    world.began_to_write(b"one\ntwo\n", done=4, came=2)
    assert world.recovered() == b"before\none\ntwo\n"


def test_what_others_wrote_to_the_file_meanwhile_is_not_taken_for_its_own(world: World) -> None:
    world.in_hand(b"one\ntwo\n", read=8)
    found = world.path.stat()
    world.journal.intend(0, (found.st_dev, found.st_ino), found.st_size, 8)
    with world.path.open("ab") as file:
        file.write(b"a stranger\none\ntwo\n")
    assert world.recovered() == b"before\na stranger\none\ntwo\n"


def test_killed_when_the_file_had_been_rotated_since(world: World) -> None:
    world.in_hand(b"one\ntwo\n", read=8)
    world.began_to_write(b"one\ntwo\n")
    world.path.rename(world.path.with_name("x.log.1"))
    assert world.recovered("x.log.1") == b"before\none\ntwo\n"
    assert world.path.read_bytes() == b""


def test_a_file_that_somebody_removed_meanwhile_is_begun_anew(world: World) -> None:
    world.in_hand(b"one\n", read=4)
    world.began_to_write(b"one\n", came=2)
    world.path.unlink()
    assert world.recovered() == b"one\n"


def test_killed_at_the_end_of_a_pipe(world: World) -> None:
    world.journal.move(STREAM, FILE)
    world.journal.commit(world.held.changed(b"no end", in_line=False, came=6))
    world.journal.finish(STREAM, FILE, NOW)
    assert world.recovered() == b"before\nno end\n"
    assert Held(Journal(world.memory), STREAM).data == b""


@pytest.mark.parametrize("came", [0, 5, 9])
def test_killed_while_it_tried_again_what_a_file_had_refused(world: World, came: int) -> None:
    world.kept.append(b"kept\nfor\n")
    world.journal.move(STREAM, FILE)
    world.journal.commit(kept=world.kept.changed())
    world.journal.retry(FILE)
    world.began_to_write(b"kept\nfor\n", came=came)
    assert world.recovered() == b"before\nkept\nfor\n"


def test_what_was_kept_stands_before_what_was_in_hand(world: World) -> None:
    world.kept.append(b"kept\n")
    world.journal.move(STREAM, FILE)
    world.journal.commit(kept=world.kept.changed())
    world.in_hand(b"one\n")
    assert world.recovered() == b"before\nkept\none\n"


def test_a_chunk_of_a_pipe_that_is_no_more_is_let_go_of(world: World) -> None:
    world.in_hand(b"one\n")
    assert world.recovered(knows_pipe=False) == b"before\n"


def test_killed_again_and_again_it_is_written_once(world: World) -> None:
    """What recovers can be killed where the first one was: here after the write, before that is noted."""
    world.in_hand(b"one\ntwo\n", read=8)
    world.began_to_write(b"one\ntwo\n")
    before = os.pread(world.memory, 8192, 0)
    assert world.recovered() == b"before\none\ntwo\n"
    os.pwrite(world.memory, before, 0)
    assert world.recovered() == b"before\none\ntwo\n"
