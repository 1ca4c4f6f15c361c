"""What one logger leaves to the next, and what is counted as lost where there is no next one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.full_table import full_table

from udaemon.engines.fd_store import FdStore
from udaemon.logs.handed import HandedPipe
from udaemon.logs.inheritance import KEPT_JOURNAL, Inheritance, Slots
from udaemon.logs.intake import Intake
from udaemon.logs.journal import Journal
from udaemon.logs.log_target import LogTarget
from udaemon.logs.retained import Held, Kept
from udaemon.logs.wire import pack


class Store(FdStore):
    """Writes down what it is to keep."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}

    def keep(self, name: str, fd: int, *facts: str) -> None:
        self.kept[name] = fd

    def drop(self, name: str) -> None:
        del self.kept[name]

    def flush(self) -> None:
        pass


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef")), max_size=60))
def test_each_name_has_the_lowest_free_number_for_as_long_as_it_has_users(steps: list[tuple[bool, str]]) -> None:
    slots = Slots()
    users: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for takes, name in steps:
        if takes:
            lowest = next(number for number in range(99) if number not in numbers.values())
            assert slots.take(name) == numbers.setdefault(name, lowest)
            users[name] = users.get(name, 0) + 1
        elif users.get(name):
            slots.give_back(name)
            users[name] -= 1
            if not users[name]:
                del numbers[name]


def test_numbers_that_another_one_gave_are_kept_and_the_gaps_are_filled() -> None:
    slots = Slots()
    slots.taken([("a", 3), ("b", 1), ("b", 1)])
    assert [slots.take(name) for name in ("a", "b", "c", "d", "e")] == [3, 1, 0, 2, 4]
    slots.give_back("b", "b", "b")
    assert slots.take("f") == 1


def test_none_left_to_start_from_is_the_first() -> None:
    slots = Slots()
    slots.taken([])
    assert [slots.take("a"), slots.take("b")] == [0, 1]


class World:
    """An inheritance, and log pipes whose journal places are the same as their numbers."""

    def __init__(self, directory: Path) -> None:
        self.inheritance = Inheritance.new()
        self.directory = directory
        self.memory, self.between_read, self.between_write = self.inheritance._fds
        self.pipes: list[HandedPipe] = []

    def pipe(self, text: bytes = b"", file: str = "x.log") -> HandedPipe:
        """A log pipe that nobody has read `text` out of."""
        read, write = os.pipe2(os.O_CLOEXEC)
        os.write(write, text)
        os.close(write)
        names = [pipe.target.path for pipe in self.pipes]
        path = str(self.directory / file)
        file_slot = names.index(path) if path in names else len(names)
        self.pipes.append(HandedPipe(len(names), read, LogTarget(path=path), (len(names), file_slot)))
        return self.pipes[-1]

    def unwritten(self) -> dict[str, tuple[int, int]]:
        found = self.inheritance.unwritten(self.pipes)
        return {os.path.basename(path): count for path, count in found.items()}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.inheritance.close()
    for pipe in made.pipes:
        pipe.close()


def test_a_logger_is_told_of_memory_and_pipe_first_and_of_its_masters_mind_before(world: World) -> None:
    fds = world.inheritance._fds
    assert list(world.inheritance.messages()) == [(pack("inherit", ""), fd) for fd in fds]
    assert next(iter(world.inheritance.messages(outlives=True))) == (pack("outlive", ""), None)


def test_a_store_keeps_all_of_it_for_the_next_supervisor(world: World) -> None:
    store = Store()
    world.inheritance.keep(store)
    assert [store.kept[f"{KEPT_JOURNAL}{number}"] for number in range(3)] == list(world.inheritance._fds)


def test_f13_without_a_descriptor_there_is_none_and_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with full_table(), pytest.raises(OSError, match="Too many open files"):
        Inheritance.new()
    assert len(os.listdir("/proc/self/fd")) == before


def test_where_all_is_written_nothing_is_lost(world: World) -> None:
    world.pipe()
    assert world.unwritten() == {}


def test_what_nobody_has_read_is_lost_and_counted_for_its_file(world: World) -> None:
    world.pipe(b"one\ntwo\n")
    world.pipe(b"three\nand a half")
    world.pipe(b"other\n", file="y.log")
    assert world.unwritten() == {"x.log": (3, 24), "y.log": (1, 6)}


def test_what_a_file_refused_counts_once_though_two_pipes_share_it(world: World) -> None:
    first = world.pipe()
    world.pipe()
    journal = Journal(world.memory)
    kept = Kept(journal, first.file_slot)
    kept.append(b"kept\n")
    kept.lines, kept.dropped = 2, 20
    journal.move(0, first.file_slot)
    journal.commit(kept=kept.changed())
    assert world.unwritten() == {"x.log": (3, 25)}


def test_the_beginning_of_a_line_counts_as_bytes(world: World) -> None:
    pipe = world.pipe()
    journal = Journal(world.memory)
    held = Held(journal, pipe.slot)
    journal.move(pipe.slot, pipe.file_slot)
    journal.commit(held.changed(b"half", in_line=False, came=4))
    assert world.unwritten() == {"x.log": (0, 4)}


@pytest.mark.parametrize("read", [0, 3, 8])
def test_the_chunk_that_it_was_killed_with_counts_however_far_it_had_read(world: World, read: int) -> None:
    pipe = world.pipe()
    other = world.pipe(file="y.log")
    intake = Intake(Journal(world.memory), world.between_read, world.between_write)
    intake.journal.move(pipe.slot, pipe.file_slot)
    os.write(world.between_write, b"one\ntwo\n"[read:])
    intake.journal.room[:read] = b"one\ntwo\n"[:read]
    intake.journal.moved(8, 0.0)
    assert other.slot != pipe.slot
    assert world.unwritten() == {"x.log": (2, 8)}
