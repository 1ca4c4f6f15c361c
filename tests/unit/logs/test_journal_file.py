"""A journal that is a file: what stands in it of each pipe, and how it goes on in memory where its disk is full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.engines.fd_store import FdStore
from udaemon.logs import pipe_notes
from udaemon.logs.inheritance import Inheritance
from udaemon.logs.journal import VERSION, Journal, allocate, version_of
from udaemon.logs.pipe_notes import PipeNote
from udaemon.logs.retained import Held, Kept

NOTE = PipeNote("pipe/7", ("0", "3", "/var/log/web.log", ""), (12, 34567))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[int]:
    fd = allocate(str(tmp_path / "journal"))
    yield fd
    os.close(fd)


def test_it_takes_the_place_of_one_that_is_there_and_has_a_version(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b"\xff" * 100)
    fd = allocate(str(tmp_path / "journal"))
    assert version_of(fd) == VERSION
    assert os.fstat(fd).st_mode & 0o777 == 0o600
    os.close(fd)


def test_each_pipe_is_noted_until_it_has_ended(journal: int) -> None:
    """Wherever its place is, and whatever else stands there."""
    kept = Kept(Journal(journal), 5)
    kept.append(b"of a file")
    pipe_notes.put(journal, 0, NOTE)
    pipe_notes.put(journal, 40, NOTE._replace(name="pipe/8"))
    held = Held(Journal(journal), 40)
    held.changed(b"half a line", in_line=False, came=11)
    assert [note.name for note in pipe_notes.notes(journal)] == ["pipe/7", "pipe/8"]
    assert next(iter(pipe_notes.notes(journal))) == NOTE._replace(facts=[*NOTE.facts])
    pipe_notes.forget(journal, 0)
    assert [note.name for note in pipe_notes.notes(journal)] == ["pipe/8"]


def test_a_note_that_is_torn_or_too_long_is_none(journal: int) -> None:
    pipe_notes.put(journal, 0, NOTE._replace(facts=("x" * 5000,)))
    pipe_notes.put(journal, 1, NOTE)
    os.pwrite(journal, b"?", os.lseek(journal, (1 << 20) + (1 << 19), os.SEEK_DATA) + 80)
    assert list(pipe_notes.notes(journal)) == []


def test_it_tells_in_which_start_of_the_machine_it_was_made(journal: int) -> None:
    assert pipe_notes.boot_of(journal) == ""
    pipe_notes.put_boot(journal, "8f3c1d8e-7a5a-4a0e-b7a9-0e0d7a5f0001")
    assert pipe_notes.boot_of(journal) == "8f3c1d8e-7a5a-4a0e-b7a9-0e0d7a5f0001"


class Store(FdStore):
    """Remembers what it was given to keep."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def keep(self, name: str, fd: int, *facts: str) -> None:
        self.names.append(name)


@pytest.mark.parametrize(("room", "moves"), [(1 << 62, True), (0, False)])
def test_f56_where_its_disk_is_full_the_next_logger_has_it_in_memory(tmp_path: Path, room: int, moves: bool) -> None:
    """With all that stood in it."""
    file = allocate(str(tmp_path / "journal"))
    pipe_notes.put(file, 3, NOTE)
    store = Store()
    inheritance = Inheritance((file, *os.pipe()), room=room)
    inheritance.keep(store)
    told = [fd for _, fd in inheritance.messages()]
    assert (os.fstat(inheritance.memory).st_nlink == 0) is moves
    assert told[0] == inheritance.memory
    assert len(store.names) == (6 if moves else 3)
    assert [note.name for note in pipe_notes.notes(inheritance.memory)] == ["pipe/7"]
    assert version_of(inheritance.memory) == VERSION
    inheritance.close()


def test_where_there_can_be_no_file_it_is_memory(tmp_path: Path) -> None:
    inheritance = Inheritance.new(str(tmp_path / "no" / "such" / "place"))
    assert os.fstat(inheritance.memory).st_nlink == 0
    inheritance.close()


def test_whether_the_pipe_between_is_needed(journal: int) -> None:
    """Until a chunk was read out of it."""
    one = Journal(journal)
    assert not one.depends_on_pipe
    one.move(1, 2)
    assert one.depends_on_pipe
    one.moved(5, 0.0)
    assert Journal(journal).depends_on_pipe
    one.read_whole()
    assert not Journal(journal).depends_on_pipe
