"""The words by which a task asks for the locks of a run and its supervisor allows it, in a real slot."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.child.report import FrameReader, LocksChanged, Reporter
from udaemon.child.run_locks import RunLocks, allow, asked
from udaemon.child.scoreboard import ASKED, Scoreboard, SlotWriter, map_all

PID = 4711


class Slot:
    """A slot that a child writes to, and what it has reported."""

    def __init__(self, path: Path) -> None:
        self.board = Scoreboard.create(str(path), 2)
        self.writer = SlotWriter.of(map_all(self.board.fd), 1)
        self.writer.attach(PID)
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self.reporter = Reporter(theirs.detach())
        self.locks = RunLocks(self.writer, self.reporter)

    def asked(self, pid: int = PID) -> tuple[int, bool] | None:
        return asked(self.board.fd, 1, pid)

    def reports(self) -> int:
        try:
            return len([one for one in FrameReader().feed(self._ours.recv(4096)) if isinstance(one, LocksChanged)])
        except BlockingIOError:
            return 0

    def close(self) -> None:
        self.reporter.cut_off()
        self._ours.close()
        self.board.close()


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Slot]:
    made = Slot(tmp_path / "board")
    yield made
    made.close()


def test_a_run_is_asked_for_once_and_begins_when_it_is_allowed(slot: Slot) -> None:
    assert (slot.asked(), slot.locks.answered()) == ((0, False), False)
    assert [slot.locks.take(), slot.locks.take()] == [False, False]
    assert (slot.asked(), slot.reports(), slot.locks.answered()) == ((1, False), 1, False)
    allow(slot.board.fd, 1, 1)
    assert (slot.asked(), slot.locks.answered(), slot.locks.take()) == ((1, True), True, True)


def test_what_was_allowed_for_another_run_does_not_count(slot: Slot) -> None:
    allow(slot.board.fd, 1, 1)
    assert not slot.locks.take()
    allow(slot.board.fd, 1, 7)
    assert (slot.asked(), slot.locks.take()) == ((1, False), False)


def test_who_lets_go_says_so_once(slot: Slot) -> None:
    slot.locks.take()
    slot.reports()
    slot.locks.leave()
    slot.locks.leave()
    assert (slot.asked(), slot.reports(), slot.locks.answered()) == ((0, False), 1, False)


@pytest.mark.parametrize("word", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_word_that_is_no_number_of_a_run_asks_for_nothing(slot: Slot, word: float) -> None:
    slot.writer.words[ASKED] = word
    assert slot.asked() == (0, False)


def test_the_words_of_another_process_are_none_of_it_and_no_slot_is_no_error(slot: Slot) -> None:
    slot.locks.take()
    assert slot.asked(pid=PID + 1) is None
    assert asked(slot.board.fd, 1_000_000, PID) is None
    assert asked(-1, 1, PID) is None
    allow(-1, 1, 1)
