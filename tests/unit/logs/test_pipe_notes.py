"""Whose each log pipe is, as it stands in a journal that somebody finds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.journal import allocate
from udaemon.logs.pipe_notes import PipeNote, boot_of, forget, notes, put, put_boot
from udaemon.logs.retained import held_at

NOTE = PipeNote("pipe/7", ["1", "2", "/x.log"], (5, 6))


@pytest.fixture
def journal() -> Iterator[int]:
    fd = allocate()
    yield fd
    os.close(fd)


def test_what_was_noted_is_found_in_the_order_of_slots(journal: int) -> None:
    other = PipeNote("pipe/8", ["ä\udcff"], (7, 8))
    put(journal, 9, other)
    put(journal, 0, NOTE)
    assert list(notes(journal)) == [NOTE, other]
    forget(journal, 0)
    assert list(notes(journal)) == [other]


def test_in_a_new_journal_there_is_none(journal: int) -> None:
    assert list(notes(journal)) == []


def test_one_that_is_too_long_is_not_noted_and_harms_no_other(journal: int) -> None:
    put(journal, 0, NOTE)
    put(journal, 1, PipeNote("pipe/9", ["x" * 5000], (1, 2)))
    assert list(notes(journal)) == [NOTE]


@given(st.binary(min_size=1, max_size=80), st.integers(0, 60))
def test_bytes_that_nobody_noted_are_no_note(data: bytes, at: int) -> None:
    fd = allocate()
    try:
        put(fd, 0, NOTE)
        os.pwrite(fd, data, held_at(0) + 64 + at)
        assert list(notes(fd)) in ([NOTE], [])
    finally:
        os.close(fd)


def test_the_start_of_the_machine_is_noted_beside_them(journal: int) -> None:
    assert boot_of(journal) == ""
    put_boot(journal, "0123456789ab-0123")
    assert boot_of(journal) == "0123456789ab-0123"
