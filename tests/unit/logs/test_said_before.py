"""The line by which a log pipe was ready, as later loggers find it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from udaemon.logs.journal import Journal, allocate
from udaemon.logs.pipe_notes import PipeNote, notes, put
from udaemon.logs.said_before import note, noted


@pytest.fixture
def memory() -> Iterator[int]:
    fd = allocate()
    yield fd
    os.close(fd)


def test_it_is_known_of_that_pipe_and_of_no_other(memory: int) -> None:
    read, write = os.pipe()
    journal = Journal(memory)
    assert noted(journal, 3, read) is None
    note(journal, 3, read, "listening on :80 ü")
    assert noted(Journal(memory), 3, read) == "listening on :80 ü"
    assert noted(journal, 4, read) is None
    assert noted(journal, 3, memory) is None
    for fd in (read, write):
        os.close(fd)


def test_whose_pipe_it_is_stays_known(memory: int) -> None:
    put(memory, 3, PipeNote("pipe/7", ("3", "4", "x" * 3000), (15, 16)))
    note(Journal(memory), 3, memory, "y" * 3000)
    assert [one.name for one in notes(memory)] == ["pipe/7"]
    found = noted(Journal(memory), 3, memory)
    assert found is not None
    assert found == "y" * len(found)


def test_what_no_logger_can_have_written_is_nothing(memory: int) -> None:
    journal = Journal(memory)
    note(journal, 3, memory, "up")
    from udaemon.logs.retained import HELD_END, held_at

    os.pwrite(memory, b"\xff" * 4, held_at(3) + HELD_END + 16)
    assert noted(journal, 3, memory) is None
