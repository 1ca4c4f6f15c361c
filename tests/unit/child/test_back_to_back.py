"""The loop of a task that never pauses, without a clock or a process."""

from __future__ import annotations

import pytest
from tests.fakes.loop_world import Flat

from udaemon.child.loop import Outcome
from udaemon.child.task import StopTask


def test_back_to_back_counts_every_run() -> None:
    world = Flat(runs=200, takes=0.0001)

    assert world.play() == Outcome("task-stopped")
    slot = world.slot()
    assert (slot.count, slot.failed, slot.last_outcome, slot.current_started_at) == (200, 0, "ok", None)
    assert slot.duration_p50 == pytest.approx(0.0001, rel=1 / 8)
    assert slot.last_duration == pytest.approx(0.0001)


def test_back_to_back_attends_between_runs() -> None:
    world = Flat(runs=100)
    world.signals.hooks = {1: lambda: world.said.append("hangup")}
    world.in_run[2] = lambda: world.signals.on_other(1)
    world.in_run[5] = lambda: world.signals.on_stop(15)

    assert world.play() == Outcome("stopped")
    assert len(world.starts) == 5
    assert world.said == ["hangup"]
    assert world.slot().current_started_at is None


def test_back_to_back_tells_of_a_failure() -> None:
    world = Flat()
    error = ValueError("no")

    def fail() -> None:
        raise error

    world.in_run[3] = fail

    assert world.play() == Outcome("exception", error)
    assert [(e.kind, e.run_id, e.error) for e in world.events] == [("task_failed", 3, error)]
    assert world.events[0].duration == pytest.approx(0.05)
    assert (world.slot().count, world.slot().failed) == (3, 1)


def test_back_to_back_an_exception_in_a_hook_is_no_failed_run() -> None:
    world = Flat()

    def fail() -> None:
        raise StopTask

    world.signals.hooks = {1: fail}
    world.in_run[1] = lambda: world.signals.on_other(1)

    assert world.play() == Outcome("task-stopped")
    assert world.slot().count == 1
