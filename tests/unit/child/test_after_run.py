"""Runs after those of another daemon, by the words of a slot: what has come, what is served, and what came before."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from udaemon.child.after_run import AfterRuns, forget, tell_runs, tells_runs, trigger
from udaemon.child.scoreboard import MISSED, Scoreboard, SlotWriter, map_all
from udaemon.child.task import PrecedingRun

SLOT = 1


class Follower:
    """A planner in a slot, and what its task is told of the run before."""

    def __init__(self, path: Path) -> None:
        self.board = Scoreboard.create(str(path), 2)
        self.writer = SlotWriter.of(map_all(self.board.fd), SLOT)
        self.told: list[PrecedingRun | None] = []
        self.runs = AfterRuns(self.writer, ("export", "import"), self.told.append)

    def comes(self, run: int, *, source: int = 0, instance: int = 0, ok: bool = True) -> None:
        trigger(self.board.fd, SLOT, source, instance, run, ok=ok)


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    made = Follower(tmp_path / "board")
    yield made
    made.board.close()


def test_nothing_is_due_until_something_comes(follower: Follower) -> None:
    due = follower.runs.first(0.0, 100.0)
    assert (due.at, follower.runs.pending()) == (inf, False)
    assert follower.runs.look(due, 101.0) == due
    follower.comes(7)
    assert follower.runs.pending()
    assert follower.runs.look(due, 102.0).at == 102.0


def test_what_came_before_the_process_was_there_is_due_at_once(follower: Follower) -> None:
    follower.comes(7)
    assert follower.runs.first(0.0, 100.0).at == 100.0


@pytest.mark.parametrize(
    ("source", "ok", "told"),
    [
        (0, True, PrecedingRun("export", 2, 7, "ok")),
        (1, False, PrecedingRun("import", 2, 7, "failed")),
        (9, True, PrecedingRun("", 2, 7, "ok")),
    ],
)
def test_a_run_is_told_what_it_comes_after_and_that_it_is_over(
    follower: Follower, source: int, *, ok: bool, told: PrecedingRun
) -> None:
    follower.comes(7, source=source, instance=2, ok=ok)
    due = follower.runs.look(follower.runs.first(0.0, 1.0), 1.0)
    follower.runs.began()
    assert follower.runs.next(due, 1.0, 2.0, kicked=False).at == inf
    assert follower.told == [told, None]


def test_one_run_serves_all_that_has_come_and_the_others_are_missed(follower: Follower) -> None:
    for run in (1, 2, 3):
        follower.comes(run)
    follower.runs.began()
    assert (follower.runs.pending(), follower.writer.words[MISSED]) == (False, 2.0)
    assert follower.told == [PrecedingRun("export", 0, 3, "ok")]


def test_what_comes_during_a_run_is_due_after_it(follower: Follower) -> None:
    follower.comes(1)
    follower.runs.began()
    follower.comes(2)
    assert follower.runs.next(follower.runs.first(0.0, 1.0), 1.0, 5.0, kicked=False).at == 5.0


def test_what_has_come_may_be_nobodys_any_more(follower: Follower) -> None:
    follower.comes(1)
    forget(follower.board.fd, SLOT)
    assert not follower.runs.pending()


def test_whether_its_own_runs_are_told_stands_in_the_slot(follower: Follower) -> None:
    fd = follower.board.fd
    assert not tells_runs(fd, SLOT)
    tell_runs(fd, SLOT, tells=True)
    assert tells_runs(fd, SLOT)
    tell_runs(fd, SLOT, tells=False)
    assert not tells_runs(fd, SLOT)


def test_a_board_that_is_gone_is_no_error() -> None:
    trigger(-1, SLOT, 0, 0, 1, ok=True)
    forget(-1, SLOT)
    tell_runs(-1, SLOT, tells=True)
