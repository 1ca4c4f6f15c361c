"""A log pipe as the supervisor keeps it: what each logger is told, and what a store has of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from udaemon.engines.fd_store import FdStore
from udaemon.logs.handed import KEPT_PIPE, HandedPipe, Message, kept_pipe
from udaemon.logs.handed_pipes import HandedPipes
from udaemon.logs.log_target import JSON, LEGACY, LogTarget
from udaemon.logs.wire import Unpacker

PLAIN = LogTarget(path="/x.log")
LINES_WITH_PID = LogTarget(path="/x.log", format=LEGACY)


class Store(FdStore):
    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, Sequence[str]]] = {}

    def keep(self, name: str, fd: int, *facts: str) -> None:
        self.kept[name] = fd, facts

    def drop(self, name: str) -> None:
        del self.kept[name]

    def flush(self) -> None:
        pass


class World:
    def __init__(self) -> None:
        self.store = Store()
        self.pipes = HandedPipes(self.store)
        self.writers: dict[int, int] = {}

    def add(self, target: LogTarget = PLAIN) -> HandedPipe:
        number = len(self.writers) + 1
        read, self.writers[number] = os.pipe2(os.O_CLOEXEC)
        return self.pipes.add(number, read, target)


@pytest.fixture
def world() -> Iterator[World]:
    before = len(os.listdir("/proc/self/fd"))
    made = World()
    yield made
    made.pipes.close()
    for fd in made.writers.values():
        os.close(fd)
    assert (made.store.kept, len(os.listdir("/proc/self/fd"))) == ({}, before)


def words(messages: Iterator[Message]) -> list[tuple[list[str], bool]]:
    """Each message's fields but those of a target, and whether a descriptor goes with it."""
    return [(Unpacker().feed(data)[0][:4], fd is not None) for data, fd in messages]


def test_a_logger_is_told_its_place_and_that_of_its_file(world: World) -> None:
    first, second = world.add(), world.add()
    other = world.add(LogTarget(path="/y.log"))
    assert first.file_slot == second.file_slot
    assert len({first.slot, second.slot, other.slot}) == len({first.file_slot, other.file_slot}) + 1 == 3
    assert words(second.messages()) == [(["open", "2", str(second.slot), str(second.file_slot)], True)]
    assert (world.pipes.paths, len(world.pipes)) == ({"/x.log", "/y.log"}, 3)


def test_the_next_logger_is_told_the_process_and_its_pidfd_too(world: World) -> None:
    pipe = world.add(LINES_WITH_PID)
    assert words(pipe.spawned(77)) == [(["spawned", "1", "77"], False)]
    pipe.pidfd = os.open(os.devnull, os.O_RDONLY)
    assert words(pipe.messages())[1:] == [(["spawned", "1", "77"], False), (["watch", "1"], True)]


def test_a_process_is_named_once_and_only_where_lines_wait_for_it(world: World) -> None:
    assert words(world.add(PLAIN).spawned(77)) == []
    pipe = world.add(LINES_WITH_PID)
    assert len(words(pipe.spawned(77))) == 1
    assert words(pipe.spawned(78)) == []


def test_a_change_is_told_where_it_is_one(world: World) -> None:
    pipe = world.add(PLAIN)
    assert words(pipe.change(LogTarget(path="/x.log"), 77)) == []
    assert words(pipe.change(LogTarget(path="/x.log", format=JSON), None)) == [(["change", "1", "0", "/x.log"], False)]
    assert words(pipe.change(LINES_WITH_PID, 77)) == [(["change", "1", "77", "/x.log"], False)]
    assert words(pipe.change(LogTarget(path="/x.log", backups=9), None))[0][0][2] == "77"


def test_the_next_supervisor_has_it_as_it_was(world: World) -> None:
    pipe = world.add(LINES_WITH_PID)
    list(pipe.change(LogTarget(path="/x.log", backups=9), 77))
    fd, facts = world.store.kept[f"{KEPT_PIPE}1"]
    heir = kept_pipe(f"{KEPT_PIPE}1", facts, os.dup(fd), world.store)
    assert (heir.number, heir.slot, heir.file_slot) == (1, pipe.slot, pipe.file_slot)
    assert heir.target.fields() == pipe.target.fields()
    heir.close()
    pipe._keep()


def test_numbers_of_those_that_ended_are_given_again_also_by_who_inherited_them(world: World) -> None:
    first, second = world.add(), world.add(LogTarget(path="/y.log"))
    world.pipes.end(first)
    heirs = HandedPipes(world.store)
    heirs.inherit([second])
    read, world.writers[3] = os.pipe2(os.O_CLOEXEC)
    third = heirs.add(3, read, PLAIN)
    assert (third.slot, third.file_slot) == (first.slot, first.file_slot)
    assert (heirs.get(2), heirs.get(1)) == (second, None)
    heirs.end(third)


def test_what_nobody_had_read_is_counted_and_gone(world: World) -> None:
    pipe = world.add()
    os.write(world.writers[1], b"one\ntwo\nand a half")
    assert (pipe.take_all(), pipe.take_all()) == ((2, 18), (0, 0))
