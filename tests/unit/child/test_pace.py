"""Another pace for a loop that runs: what it does in a pause, in a run, and where it never paused before."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from tests.fakes.loop_world import Flat, World

from udaemon.child.loop import Outcome
from udaemon.child.pace import WRITTEN, PaceChanges, clear_pace, write_pace
from udaemon.child.scoreboard import Scoreboard, SlotWriter, map_all
from udaemon.child.spec import Pace


def test_a_shorter_period_counts_from_the_start_of_the_last_run() -> None:
    world = World(sleep=100.0, runs=3)
    world.in_pause[1] = lambda: world.goes_by(60.0)
    world.play()
    assert world.gaps() == pytest.approx([60.0, 60.0])


def test_a_longer_period_counts_from_there_too() -> None:
    world = World(sleep=10.0, runs=3)
    world.in_pause[1] = lambda: world.goes_by(60.0)
    world.play()
    assert world.gaps() == pytest.approx([60.0, 60.0])


def test_one_that_would_have_run_already_runs_now_and_is_not_late() -> None:
    world = World(sleep=100.0, runs=3)
    world.in_pause[1] = lambda: world.goes_by(5.0)
    world.play()
    assert world.gaps() == pytest.approx([50.025, 5.0])
    assert [event.lateness for event in world.events] == pytest.approx([0.0, 0.0, 0.0])
    assert world.slot().late == 0


def test_the_slot_says_when_the_next_run_is_due_then() -> None:
    world = World(sleep=100.0, runs=2)
    due: list[float | None] = []

    def act() -> None:
        world.goes_by(60.0)
        world.in_pause[1] = lambda: due.append(world.slot().next_at)

    world.in_pause[1] = act
    world.play()
    assert due == [pytest.approx(world.starts[0] + 60.0)]


def test_a_change_in_a_run_holds_for_the_pause_after_it() -> None:
    world = World(sleep=10.0, runs=3)
    world.in_run[2] = lambda: world.goes_by(30.0)
    world.play()
    assert world.gaps() == pytest.approx([10.0, 30.0])


def test_no_period_any_more_leaves_the_shortest_pause() -> None:
    world = World(sleep=10.0, runs=4)
    world.in_run[2] = lambda: world.goes_by(0.0, 1.0)
    world.play()
    assert world.gaps() == pytest.approx([10.0, 1.05, 1.05])


def test_a_change_before_the_first_run_counts_from_the_first() -> None:
    world = World(sleep=10.0, runs=2)
    world.goes_by(30.0)
    world.play()
    assert world.starts == pytest.approx([1000.0, 1030.0])


def test_a_pause_that_was_taken_over_is_no_longer_than_the_new_pace() -> None:
    world = World(sleep=100.0, runs=1)
    world.writer.leave_until(1090.0)
    world.in_pause[0] = lambda: world.goes_by(5.0)
    world.play()
    assert world.starts == [pytest.approx(1045.0)]


def test_a_memory_limit_is_looked_at_after_the_next_run() -> None:
    world = World(sleep=10.0, runs=3)
    world.in_run[1] = lambda: world.goes_by(10.0, limit=1)
    assert world.play().reason == "memory"


def test_back_to_back_gives_way_to_the_loop_that_pauses() -> None:
    world = Flat(runs=5)
    world.in_run[3] = lambda: world.goes_by(30.0)
    assert world.play() == Outcome("task-stopped")
    assert world.gaps() == pytest.approx([0.05, 0.05, 0.05, 30.0])
    assert (world.slot().count, world.slot().current_started_at) == (5, None)


def test_what_is_written_beside_the_process_is_found_in_its_slot_once(tmp_path: Path) -> None:
    board = Scoreboard.create(str(tmp_path / "board"), 2)
    changes = PaceChanges(SlotWriter.of(map_all(board.fd), 1))
    assert not changes.pending()
    for pace in (Pace(1.5, 0.5, None, 70.0), Pace(0.0, 0.0, 1 << 40, 0.5)):
        write_pace(board.fd, 1, pace)
        assert changes.pending()
        assert changes.take() == pace
        assert not changes.pending()
    clear_pace(board.fd, 1)
    assert not PaceChanges(SlotWriter.of(map_all(board.fd), 1)).pending()
    assert board.read("") is None
    board.close()


def test_the_name_of_the_slot_and_its_counts_are_left_alone(tmp_path: Path) -> None:
    board = Scoreboard.create(str(tmp_path / "board"), 1)
    board.assign(0, "mailer/0")
    before = os.pread(board.fd, 1 << 20, 0)
    write_pace(board.fd, 0, Pace(1.0, 1.0, 1, 1.0))
    after = os.pread(board.fd, 1 << 20, 0)
    assert board.find("mailer/0") == 0
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= 5 * 8
    board.close()


@pytest.mark.parametrize("word", [math.nan, math.inf, -1.0])
def test_words_that_are_no_lengths_break_nothing(word: float) -> None:
    writer = SlotWriter.anonymous()
    for place in range(236, 240):
        writer.words[place] = word
    writer.words[WRITTEN] = 1.0
    assert PaceChanges(writer).take() == Pace(0.0, 0.0, None, 0.0)
