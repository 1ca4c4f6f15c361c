"""What outlives a logger: beginnings of lines and what files refused, of which only what was committed counts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.journal import Journal, allocate
from udaemon.logs.retained import HELD, KEPT, Held, Kept, held_at, kept_at

SLOT = 2
MIB = 1 << 20


@pytest.fixture
def journal() -> Iterator[Journal]:
    fd = allocate()
    yield Journal(fd)
    os.close(fd)


def commit(journal: Journal, held: bytes = b"", kept: bytes = b"") -> None:
    journal.move(SLOT, SLOT)
    journal.commit(held, kept)


def test_the_beginning_of_a_line_is_there_for_the_next_one_when_it_was_committed(journal: Journal) -> None:
    held = Held(journal, SLOT)
    entry = held.changed(b"half a", in_line=False, came=6)
    assert Held(journal, SLOT).data == b""
    commit(journal, entry)
    heir = Held(journal, SLOT)
    assert (heir.data, heir.in_line) == (b"half a", False)


def test_what_is_added_to_is_not_stored_twice_and_what_is_replaced_stands_elsewhere(journal: Journal) -> None:
    """Only so is what counts still there where the next entry is never committed."""
    held = Held(journal, SLOT)
    commit(journal, held.changed(b"half a", in_line=False, came=6))
    commit(journal, held.changed(b"half a line", in_line=False, came=5))
    assert Held(journal, SLOT).data == b"half a line"
    held.changed(b"the next", in_line=False, came=20)
    assert Held(journal, SLOT).data == b"half a line"


def test_where_nothing_is_kept_back_and_nothing_was_there_is_nothing_to_enter(journal: Journal) -> None:
    held = Held(journal, SLOT)
    assert held.changed(b"", in_line=False, came=99) == b""
    assert held.changed(b"", in_line=True, came=99) != b""
    assert held.changed(b"", in_line=True, came=99) == b""


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_lines_cut_anywhere_are_held_back_as_they_are(chunks: list[bytes]) -> None:
    """As a formatter does: whole lines go, and the rest stays."""
    fd = allocate()
    try:
        journal = Journal(fd)
        held, rest = Held(journal, SLOT), b""
        for chunk in chunks:
            rest = (rest + chunk).rpartition(b"\n")[2]
            commit(journal, held.changed(rest, in_line=False, came=len(chunk)))
            assert Held(journal, SLOT).data == rest
    finally:
        os.close(fd)


@pytest.mark.parametrize("entry", [(1, 5, False), (0, -1, False), (0, 1 << 40, True)])
def test_f93_a_beginning_that_nobody_can_have_stored_is_none(journal: Journal, entry: tuple[int, int, bool]) -> None:
    os.pwrite(journal.fd, HELD.pack(*entry), held_at(SLOT))
    assert Held(journal, SLOT).data == b""


def test_what_a_file_refused_is_there_for_the_next_one_with_all_that_is_known_of_it(journal: Journal) -> None:
    kept = Kept(journal, SLOT)
    kept.append(b"one\ntwo\n")
    kept.lines, kept.dropped, kept.since, kept.error, kept.ends_line = 3, 30, 1e9, "ENOSPC", False
    assert Kept(journal, SLOT).size == 0
    commit(journal, kept=kept.changed())
    heir = Kept(journal, SLOT)
    assert (heir.read(), heir.lines, heir.dropped, heir.since) == (b"one\ntwo\n", 3, 30, 1e9)
    assert (heir.error, heir.ends_line) == ("ENOSPC", False)
    assert heir.changed() == kept.changed() == b""


def test_an_error_of_any_length_fits(journal: Journal) -> None:
    kept = Kept(journal, SLOT)
    kept.append(b"x")
    kept.error = "ä" * 100
    commit(journal, kept=kept.changed())
    assert Kept(journal, SLOT).error.startswith("ä" * 31)


@given(
    st.lists(
        st.one_of(st.binary(min_size=1, max_size=300), st.integers(0, 400), st.just("commit"), st.just("release")),
        max_size=30,
    )
)
def test_it_is_a_queue_of_bytes_whatever_comes_and_goes(steps: list[bytes | int | str]) -> None:
    fd = allocate()
    try:
        journal = Journal(fd)
        kept, model = Kept(journal, SLOT), b""
        for step in steps:
            if isinstance(step, bytes):
                kept.append(step)
                model += step
            elif isinstance(step, int):
                kept.drop(min(step, len(model)))
                model = model[min(step, len(model)) :]
                commit(journal, kept=kept.changed())
            elif step == "commit":
                commit(journal, kept=kept.changed())
                assert Kept(journal, SLOT).read() == model
            else:
                commit(journal, kept=kept.changed())
                kept.release()
            assert (kept.size, kept.read()) == (len(model), model)
    finally:
        os.close(fd)


def test_what_was_written_is_moved_out_of_the_way_and_its_memory_given_back(journal: Journal) -> None:
    kept = Kept(journal, SLOT)
    kept.append(bytes(3 * MIB))
    kept.append(b"the end")
    commit(journal, kept=kept.changed())
    kept.drop(3 * MIB)
    commit(journal, kept=kept.changed())
    assert (kept.read(), Kept(journal, SLOT).read()) == (b"the end", b"the end")
    kept.drop(len(b"the end"))
    commit(journal, kept=kept.changed())
    before = os.fstat(journal.fd).st_blocks
    kept.release()
    assert (before - os.fstat(journal.fd).st_blocks) * 512 >= 3 * MIB


@pytest.mark.parametrize(
    "entry",
    [
        (5, 5, 0, 0, 0.0),
        (-1, 5, 0, 0, 0.0),
        (0, 1 << 50, 0, 0, 0.0),
        (0, 0, -1, 5, 0.0),
        (0, 0, 1, -5, 0.0),
        (0, 0, 1, 5, float("nan")),
        (0, 0, 1 << 60, 5, 0.0),
    ],
)
def test_f93_what_nobody_can_have_kept_is_nothing(journal: Journal, entry: tuple[int, int, int, int, float]) -> None:
    os.pwrite(journal.fd, KEPT.pack(*entry, False, b"\xff"), kept_at(SLOT))
    kept = Kept(journal, SLOT)
    assert (kept.read(), kept.lines, kept.dropped, kept.since) == (b"", 0, 0, 0.0)
