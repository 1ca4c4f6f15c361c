"""The journal: whoever opens it after a kill sees the step before or the step after, and can end what was begun."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.journal import CHUNK, FINISH, IDLE, MOVE, RETRY, WRITE, Journal, allocate
from udaemon.logs.retained import Held, Kept

STREAM, FILE = 3, 5
NOW = 1_795_521_600.25


class Killed(Exception):
    """What happens to a logger in the middle of a step."""


class KilledAtEntry(Journal):
    """A logger that is killed when it has said that the step is done, before the outcome is entered."""

    def _enter(self, held: bytes, kept: bytes) -> None:
        raise Killed


@pytest.fixture
def fd() -> Iterator[int]:
    memory = allocate()
    yield memory
    os.close(memory)


def seen(journal: Journal) -> tuple[object, ...]:
    """What the next logger has to know of the step."""
    about = (journal.phase, journal.stream, journal.sink, journal.size)
    return (*about, (journal.done, journal.identity, journal.offset, journal.length) if journal.begun else None)


def test_nothing_is_under_way_in_new_memory(fd: int) -> None:
    journal = Journal(fd)
    assert (journal.phase, journal.chunk, journal.begun) == (IDLE, b"", 0)


def test_each_step_is_known_to_who_comes_after(fd: int) -> None:
    journal = Journal(fd)
    journal.move(STREAM, FILE)
    assert seen(Journal(fd)) == (MOVE, STREAM, FILE, 0, None)
    journal.room[:5] = b"hello"
    journal.moved(5, NOW)
    heir = Journal(fd)
    assert (seen(heir), heir.chunk, heir.time) == ((WRITE, STREAM, FILE, 5, None), b"hello", NOW)
    journal.intend(0, (7, 8), 100, 5)
    assert seen(Journal(fd)) == (WRITE, STREAM, FILE, 5, (0, (7, 8), 100, 5))
    journal.intend(2, (7, 9), 0, 3)
    assert seen(Journal(fd)) == (WRITE, STREAM, FILE, 5, (2, (7, 9), 0, 3))
    journal.commit()
    assert Journal(fd).phase == IDLE
    journal.finish(STREAM, FILE, NOW)
    assert seen(Journal(fd)) == (FINISH, STREAM, FILE, 0, None)
    journal.retry(FILE)
    assert seen(Journal(fd)) == (RETRY, -1, FILE, 0, None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("moved"), st.integers(0, CHUNK), st.just(NOW)),
        st.tuples(st.just("finish"), st.integers(0, 9), st.integers(0, 9), st.just(NOW)),
        st.tuples(st.just("retry"), st.integers(0, 9)),
        st.tuples(
            st.just("intend"),
            st.integers(0, 2**40),
            st.tuples(st.integers(0, 2**63), st.integers(0, 2**63)),
            st.integers(0, 2**40),
            st.integers(0, 2**20),
        ),
        st.tuples(st.just("commit")),
    ),
    max_size=12,
)


@given(STEPS)
def test_whatever_was_done_the_next_one_sees_what_this_one_sees(steps: list[tuple[object, ...]]) -> None:
    fd = allocate()
    try:
        journal = Journal(fd)
        for name, *arguments in steps:
            if name == "moved" and journal.phase != MOVE:
                continue
            getattr(journal, str(name))(*arguments)
            heir = Journal(fd)
            assert heir.phase == journal.phase
            if journal.phase != IDLE:
                assert seen(heir) == seen(journal)
    finally:
        os.close(fd)


def test_f28_what_a_step_leaves_behind_is_entered_by_the_next_one_where_a_kill_came_between(fd: int) -> None:
    journal = KilledAtEntry(fd)
    held, kept = Held(journal, STREAM), Kept(journal, FILE)
    journal.move(STREAM, FILE)
    kept.append(b"kept")
    with pytest.raises(Killed):
        journal.commit(held.changed(b"held", in_line=True, came=4), kept.changed())
    assert (Held(journal, STREAM).data, Kept(journal, FILE).read()) == (b"", b"")
    heir = Journal(fd)
    assert (heir.phase, Held(heir, STREAM).data, Kept(heir, FILE).read()) == (IDLE, b"held", b"kept")


def test_f28_an_outcome_that_nobody_committed_is_none(fd: int) -> None:
    journal = Journal(fd)
    held = Held(journal, STREAM)
    journal.move(STREAM, FILE)
    journal.commit(held.changed(b"first", in_line=False, came=5))
    journal.move(STREAM, FILE)
    held.changed(b"another one", in_line=False, came=3)
    assert (Journal(fd).phase, Held(Journal(fd), STREAM).data) == (MOVE, b"first")


@pytest.mark.parametrize("at", [0, 2, 6, 10], ids=["phase", "stream", "file", "size"])
def test_f93_a_step_that_no_logger_can_have_written_is_none(fd: int, at: int) -> None:
    journal = Journal(fd)
    journal.move(STREAM, FILE)
    record = 64 if os.pread(fd, 1, 0) == b"\0" else 2048
    os.pwrite(fd, b"\x7f" * (1 if at == 0 else 4), record + at)
    assert Journal(fd).phase == IDLE


def test_f93_a_write_that_no_logger_can_have_meant_was_not_begun(fd: int) -> None:
    journal = Journal(fd)
    journal.retry(FILE)
    journal.intend(0, (1, 2), 0, -1)
    heir = Journal(fd)
    assert (heir.phase, heir.begun) == (RETRY, 0)
