"""One log pipe: chunks into lines of its file, and what it holds back between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.logs.intake import Intake
from udaemon.logs.journal import IDLE, Journal, allocate
from udaemon.logs.log_target import LEGACY, LogTarget
from udaemon.logs.sink import Sink
from udaemon.logs.stream import Stream


class World:
    """A pipe to a file; `heir` is what the next logger makes of it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "x.log"
        self.target = LogTarget(path=str(self.path), name="web", timestamps=False)
        self.memory = allocate()
        self.between = os.pipe2(os.O_CLOEXEC)
        self.read, self.write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.sinks: list[Sink] = []
        self.stream = self.heir()

    def heir(self) -> Stream:
        self.journal = Journal(self.memory)
        self.intake = Intake(self.journal, *self.between)
        self.sinks.append(Sink(self.target, journal=self.journal, slot=2))
        return Stream("1", slot=1, fd=self.read, target=self.target, sink=self.sinks[-1], journal=self.journal)

    def comes(self, data: bytes) -> int:
        os.write(self.write, data)
        return self.stream.move(self.intake)

    def close(self) -> None:
        for sink in self.sinks:
            sink.close()
        for fd in (self.memory, *self.between, self.read, self.write):
            os.close(fd)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_whole_lines_go_to_the_file_and_the_rest_waits(world: World) -> None:
    assert world.comes(b"one\ntw") == 6
    assert (world.path.read_bytes(), world.journal.phase) == (b"one\n", IDLE)
    world.comes(b"o\n")
    assert world.path.read_bytes() == b"one\ntwo\n"


def test_what_waits_is_the_next_loggers_when_this_one_is_killed(world: World) -> None:
    world.comes(b"one\ntw")
    world.stream = world.heir()
    world.comes(b"o\n")
    assert world.path.read_bytes() == b"one\ntwo\n"


def test_at_its_end_the_beginning_of_a_line_is_a_line(world: World) -> None:
    world.comes(b"one\ntw")
    world.stream.finish(world.journal)
    assert (world.path.read_bytes(), bytes(world.heir().formatter.held)) == (b"one\ntw\n", b"")
    world.stream.finish(world.journal)
    assert world.path.read_bytes() == b"one\ntw\n"


def test_what_the_file_does_not_take_is_kept_for_the_next_logger_too(world: World) -> None:
    world.path.mkdir()
    world.comes(b"one\n")
    assert world.heir().sink.kept.read() == b"one\n"


def test_lines_stand_otherwise_from_a_change_on_and_what_was_kept_back_is_not_lost(world: World) -> None:
    world.comes(b"one\ntw")
    world.stream.change(LogTarget(path=str(world.path), format=LEGACY), pid=77)
    assert (world.stream.formatter.pid, bytes(world.stream.formatter.held)) == (77, b"tw")
    world.comes(b"o\n")
    first, second = world.path.read_bytes().splitlines()
    assert first == b"one"
    assert b"77" in second
    assert second.endswith(b"two")


def test_a_change_that_names_no_process_leaves_the_one_that_was_named(world: World) -> None:
    world.stream.change(LogTarget(path=str(world.path), format=LEGACY), pid=77)
    world.stream.change(LogTarget(path=str(world.path), format=LEGACY, backups=1), pid=0)
    assert (world.stream.formatter.pid, world.stream.sink.backups) == (77, 1)


READY = LogTarget(path="/x", name="web", timestamps=False, ready="^listening")


def heard(world: World, *, fd: int | None = None) -> tuple[Stream, list[tuple[str, str, str | None]]]:
    """What another logger makes of a pipe that has to say that it is ready, and what it tells."""
    told: list[tuple[str, str, str | None]] = []
    heir = world.heir()
    return (
        Stream(
            "1",
            slot=1,
            fd=world.read if fd is None else fd,
            target=READY,
            sink=heir.sink,
            journal=world.journal,
            on_line=lambda *one: told.append(one),
        ),
        told,
    )


def test_that_a_pipe_was_ready_is_told_by_every_later_logger(world: World) -> None:
    world.stream, told = heard(world)
    world.comes(b"starts\nlistening on :80\nmore\n")
    assert told == heard(world)[1] == [("1", "ready", "listening on :80")]


def test_it_is_not_told_of_another_pipe_that_has_its_place(world: World) -> None:
    world.stream, _ = heard(world)
    world.comes(b"listening\n")
    read, write = os.pipe()
    assert heard(world, fd=read)[1] == []
    os.close(read)
    os.close(write)


def test_a_line_whose_beginning_another_logger_took_is_looked_at_whole(world: World) -> None:
    world.stream, told = heard(world)
    world.comes(b"listen")
    world.stream, later = heard(world)
    world.comes(b"ing\n")
    assert (told, later) == ([], [("1", "ready", "listening")])
