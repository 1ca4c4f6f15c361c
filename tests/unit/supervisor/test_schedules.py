"""Schedules of commands: when a run is told to be due, what stands in the slot, and how the kernel's timer is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.host import manifest
from tests.fakes.kernel import FakeReactor

from udaemon.child.scoreboard import Scoreboard
from udaemon.child.slot_reading import SlotReading
from udaemon.manifest.model import Daemon
from udaemon.manifest.schedule import Overlap
from udaemon.policy.calendar import Look
from udaemon.policy.events import Event, Exited, PauseAsked, RunDue, Spawned, StartAsked, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Key, State
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.slots import Slots

JOB = Key("job", 0)
MINUTE = 1_795_521_600.0
"""The wall clock at the beginning: a full minute."""


class World:
    """One scheduled command; both clocks are moved by `passes`, which tells what is due on the way."""

    def __init__(self, directory: Path, **keys: object) -> None:
        self.fleet = Fleet(manifest(Daemon(name="job", command=("job",), **keys)))  # type: ignore[arg-type]
        self.scoreboard = Scoreboard.create(str(directory / "board"), 1)
        self.slots = Slots(self.scoreboard, self.fleet.instances)
        self.now = 1000.0
        self.wall = MINUTE
        self.due: list[float] = []
        self.good: list[Key] = []
        self.reactor = FakeReactor()
        self.schedules = self.made()

    def made(self) -> Schedules:
        return Schedules(
            self.reactor,
            self.slots,
            self.fleet,
            happen=self.happen,
            on_good_run=self.good.append,
            clock=lambda: self.now,
            clocks=lambda: Look(self.wall, self.now),
        )

    def happen(self, key: Key, event: Event) -> None:
        if isinstance(event, RunDue):
            self.due.append(self.now - 1000.0)
        before = self.fleet.instances[key]
        self.fleet.step(key, event, self.now)
        self.schedules.follow(before, self.fleet.instances[key])

    def happens(self, *events: Event) -> None:
        for event in events:
            self.happen(JOB, event)

    def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.schedules.deadline) is not None and deadline <= until:
            self.wall += max(0.0, deadline - self.now)
            self.now = max(self.now, deadline)
            self.schedules.expire(self.now)
        self.wall += until - self.now
        self.now = until

    def slot(self) -> SlotReading:
        found = self.scoreboard.read_slot(self.slots[JOB])
        assert found is not None
        return found

    @property
    def state(self) -> State:
        return self.fleet.instances[JOB].state


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def make(**keys: object) -> World:
        (directory := tmp_path / str(len(worlds))).mkdir()
        worlds.append(World(directory, **keys))
        return worlds[-1]

    yield make
    for world in worlds:
        world.scoreboard.close()


def test_a_period_begins_with_the_start_and_counts_from_the_beginning_of_each_run(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked())
    world.passes(0)
    assert world.due == [0.0]
    world.happens(Spawned(7))
    world.passes(10)
    world.happens(Exited(code=0))
    world.passes(100)
    assert world.due == [0.0, 60.0]
    assert world.good == [JOB]


def test_while_a_run_goes_on_none_is_due(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked())
    world.passes(0)
    world.happens(Spawned(7))
    world.passes(200)
    assert (world.due, world.schedules.deadline) == ([0.0], None)
    world.happens(Exited(code=0))
    world.passes(0)
    assert world.due == [0.0, 200.0]


def test_the_slot_says_what_each_run_was_and_when_the_next_is_due(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked())
    world.passes(0)
    world.happens(Spawned(7))
    assert world.slot().pid == 7
    world.passes(10)
    world.happens(Exited(code=0))
    slot = world.slot()
    assert (slot.count, slot.failed, slot.last_outcome, slot.next_at) == (1, 0, "ok", 1060.0)
    world.passes(60)
    world.happens(Spawned(8))
    world.happens(Exited(code=1))
    assert (world.slot().count, world.slot().failed, world.slot().last_outcome) == (2, 1, "failed")


def test_a_cron_line_is_due_by_the_wall_clock_and_runs_at_no_start(made: Callable[..., World]) -> None:
    world = made(cron="*/5 * * * *", timezone="UTC")
    world.happens(StartAsked())
    world.passes(299)
    assert world.due == []
    world.passes(1)
    assert world.due == [300.0]
    world.happens(Spawned(7), Exited(code=0))
    world.passes(300)
    assert world.due == [300.0, 600.0]


def test_a_due_time_of_the_calendar_that_is_skipped_is_counted(made: Callable[..., World]) -> None:
    world = made(cron="* * * * *", timezone="UTC", overlap=Overlap.SKIP)
    world.happens(StartAsked())
    world.passes(60)
    world.happens(Spawned(7))
    world.passes(120)
    assert world.due == [60.0, 120.0, 180.0]
    assert (world.state, world.slot().missed) == (State.RUNNING, 2)


def test_a_run_that_the_next_one_cancels_has_failed(made: Callable[..., World]) -> None:
    world = made(cron="* * * * *", timezone="UTC", overlap=Overlap.CANCEL)
    world.happens(StartAsked())
    world.passes(60)
    world.happens(Spawned(7))
    world.passes(120)
    assert (world.due, world.state) == ([60.0, 120.0, 180.0], State.STOPPING)
    world.happens(Exited(code=0))
    slot = world.slot()
    assert (slot.count, slot.failed, slot.missed, slot.last_outcome) == (1, 1, 0, "failed")
    assert (world.good, world.state) == ([], State.STARTING)


def test_what_is_paused_has_its_due_times_told_and_skipped(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked(), PauseAsked())
    world.passes(130)
    assert world.due == [0.0, 60.0, 120.0]
    assert world.state is State.WAITING


def test_what_is_stopped_is_due_no_more(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked(), StopAsked())
    assert world.schedules.deadline is None
    world.happens(StartAsked())
    world.passes(0)
    world.happens(Spawned(7), StopAsked(), Exited(signal=15))
    assert (world.schedules.deadline, world.slot().count) == (None, 1)


def test_one_timer_of_the_kernel_is_armed_for_the_next_due_time_and_once(made: Callable[..., World]) -> None:
    world = made(cron="*/5 * * * *", timezone="UTC")
    world.schedules.end_of_turn()
    assert world.reactor.callbacks == {}
    world.happens(StartAsked())
    world.schedules.end_of_turn()
    [(fd, on_timer)] = world.reactor.callbacks.items()
    world.schedules.end_of_turn()
    assert list(world.reactor.callbacks) == [fd]
    world.wall += 3600  # the clock is set, and the timer tells
    on_timer()
    assert world.due == [0.0]


@pytest.mark.parametrize(("step", "runs"), [(3600.0, 1), (-3600.0, 0), (86400.0, 0), (-86400.0, 0)])
def test_a_clock_that_is_set_and_set_back_has_no_run_twice(made: Callable[..., World], step: float, runs: int) -> None:
    """By an hour over a due time it is made up for; by a day the clock was wrong before."""
    due = datetime.fromtimestamp(MINUTE + 1800, UTC)
    world = made(cron=f"{due.minute} {due.hour} * * *", timezone="UTC")
    world.happens(StartAsked())
    world.schedules.end_of_turn()
    [on_timer] = world.reactor.callbacks.values()
    for each in (step, -step):
        world.wall += each
        on_timer()
        if world.state is State.STARTING:
            world.happens(Spawned(7), Exited(code=0))
        world.schedules.end_of_turn()
    assert len(world.due) == runs
    world.passes(3600)
    assert (len(world.due), world.slot().missed) == (1, 0)


def test_a_period_needs_no_timer(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked())
    world.schedules.end_of_turn()
    assert world.reactor.callbacks == {}


def test_the_next_supervisor_goes_on_where_this_one_was(made: Callable[..., World]) -> None:
    world = made(sleep=60.0)
    world.happens(StartAsked())
    world.passes(0)
    world.happens(Spawned(7))
    world.passes(10)
    world.happens(Exited(code=0))
    heir = world.schedules = world.made()
    heir.take_over()
    assert heir.deadline == 1060.0
    assert world.slot().count == 1
