"""A clock that is set back and forth, a machine that sleeps, and a daemon that is down meanwhile: what runs, and when.

One nightly run at two o'clock, through the planner that a task and a scheduled command go by. Times are what the clock
shows, right or wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import pytest

from udaemon.child.planner import ByCalendar
from udaemon.child.schedule import Due
from udaemon.policy.calendar import Cron, Look, Rule, Timetable

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SKIP, ONCE, ALL = Rule(), Rule(catches=1), Rule(catches=12, within=2 * DAY)


class Machine:
    """Its three clocks: the wall's may be set, the boot clock goes on in its sleep, the monotonic one does not."""

    def __init__(self, stamp: Path, rule: Rule = SKIP) -> None:
        self.wall = datetime(2026, 6, 10, 1, 30, tzinfo=UTC).timestamp()
        self.boot = self.now = 1000.0
        self.runs: list[str] = []
        self.missed = 0
        self._table = Timetable("0 2 * * *", "UTC", 0.0, rule, False, str(stamp))
        self.up()

    def up(self) -> None:
        """Start its daemon."""
        self._plan = ByCalendar(
            Cron(self._table.cron, UTC),
            self._table,
            wake_at=bool,
            missed=self._miss,
            clocks=lambda: Look(self.wall, self.boot),
            chance=float,
        )
        self._due = self._plan.first(0.0, self.now)
        self._look()

    def down(self) -> None:
        """Stop it."""
        self._due = Due(inf, inf)

    def passes(self, seconds: float) -> None:
        """Let time pass; the daemon is woken when its next run is due."""
        until = self.now + seconds
        while self._due.at <= until:
            self._move(max(0.0, self._due.at - self.now))
            self._look()
        self._move(until - self.now)

    def sleeps(self, seconds: float, *, set_by: float = 0.0) -> None:
        """Suspend the machine; when it wakes up its clock may be another."""
        self.boot += seconds
        self.wall += seconds + set_by
        self._look()

    def set_by(self, seconds: float) -> None:
        """Set the clock, which the kernel tells."""
        self.wall += seconds
        self._look()

    def _move(self, seconds: float) -> None:
        self.wall, self.boot, self.now = self.wall + seconds, self.boot + seconds, self.now + seconds

    def _miss(self, count: int) -> None:
        self.missed += count

    def _look(self) -> None:
        if self._due.at == inf:
            return
        self._due = self._plan.look(self._due, self.now)
        while self._due.at <= self.now:
            self.runs.append(f"{datetime.fromtimestamp(self.wall, UTC):%d %H:%M}")
            self._plan.began()
            self._due = self._plan.next(self._due, self.now, self.now, kicked=False)


Moves = Sequence[Callable[[Machine], None]]


def passes(seconds: float) -> Callable[[Machine], None]:
    return lambda machine: machine.passes(seconds)


def sets(seconds: float) -> Callable[[Machine], None]:
    return lambda machine: machine.set_by(seconds)


def sleeps(seconds: float, set_by: float = 0.0) -> Callable[[Machine], None]:
    return lambda machine: machine.sleeps(seconds, set_by=set_by)


@pytest.mark.parametrize(
    ("moves", "runs"),
    [
        ((sets(HOUR), sets(-HOUR), passes(23 * HOUR)), ["10 02:30"]),  # made up for once, and not due again
        ((sets(HOUR), sets(-HOUR), passes(25 * HOUR)), ["10 02:30", "11 02:00"]),
        ((passes(45 * MINUTE), sets(-HOUR), sets(HOUR), passes(DAY)), ["10 02:00", "11 02:00"]),
        ((passes(45 * MINUTE), sets(-HOUR), passes(50 * MINUTE), sets(HOUR), passes(DAY)), ["10 02:00", "11 02:00"]),
        ((sets(DAY), sets(-DAY), passes(HOUR)), ["10 02:00"]),  # what lay between was no time that has passed
        ((sets(DAY), passes(HOUR), sets(-DAY), passes(DAY)), ["11 02:00", "11 02:00"]),
        ((passes(HOUR), sets(-DAY), sets(DAY), passes(DAY)), ["10 02:00", "11 02:00"]),
        ((passes(HOUR), sets(-DAY), passes(DAY), sets(DAY)), ["10 02:00", "10 02:00"]),
        ((sets(-HOUR), passes(HOUR), sets(HOUR)), ["10 02:30"]),
        ((sets(-DAY), passes(HOUR), sets(DAY), passes(DAY)), ["09 02:00", "11 02:00"]),
    ],
)
def test_a_clock_set_back_and_forth_runs_nothing_twice_and_leaves_nothing_out(
    tmp_path: Path, moves: Moves, runs: list[str]
) -> None:
    machine = Machine(tmp_path / "stamp")
    for move in moves:
        move(machine)
    assert (machine.runs, machine.missed) == (runs, 0)


@pytest.mark.parametrize(
    ("moves", "runs", "missed"),
    [
        ((sleeps(20 * MINUTE), passes(20 * MINUTE)), ["10 02:00"], 0),
        ((sleeps(2 * HOUR), passes(HOUR)), ["10 03:30"], 0),
        ((sleeps(26 * HOUR), passes(HOUR)), ["11 03:30"], 1),  # one for both of them
        ((sleeps(20 * MINUTE, HOUR),), ["10 02:50"], 0),
        ((sleeps(20 * MINUTE, -HOUR), passes(HOUR), sets(HOUR)), ["10 02:50"], 0),
        ((sleeps(2 * HOUR, -HOUR), sets(HOUR), passes(HOUR)), ["10 02:30"], 0),
        ((sleeps(20 * MINUTE, DAY), sets(-DAY), passes(HOUR)), ["10 02:00"], 0),
        ((sleeps(2 * HOUR, DAY), sets(-DAY), passes(HOUR)), ["11 03:30"], 0),
        ((sleeps(2 * HOUR, -DAY), sets(DAY), passes(HOUR)), ["09 03:30"], 0),
        ((sleeps(2 * DAY, -DAY), passes(HOUR)), ["11 01:30", "11 02:00"], 1),
    ],
)
def test_a_machine_that_slept_makes_up_for_one_run_whatever_its_clock_says_then(
    tmp_path: Path, moves: Moves, runs: list[str], missed: int
) -> None:
    machine = Machine(tmp_path / "stamp")
    for move in moves:
        move(machine)
    assert (machine.runs, machine.missed) == (runs, missed)


@pytest.mark.parametrize(
    ("rule", "away", "set_by", "runs", "missed"),
    [
        (SKIP, 3 * DAY, 0.0, [], 3),
        (ONCE, 3 * DAY, 0.0, ["13 02:30"], 2),
        (ALL, 3 * DAY, 0.0, ["13 02:30"] * 2, 1),
        (ALL, 3 * DAY, HOUR, ["13 03:30"] * 2, 1),
        (ALL, 3 * DAY, -HOUR, ["13 01:30"] * 2 + ["13 02:00"], 0),
        (ALL, 3 * DAY, DAY, ["14 02:30"] * 2, 2),  # as if it had been away for a day more: nothing can tell
        (ALL, 3 * DAY, -DAY, ["12 02:30"] * 2, 0),
        (ONCE, 10 * MINUTE, -HOUR, [], 0),  # at 01:40 again: what has run at two does not run at two
        (ONCE, 10 * MINUTE, HOUR, [], 0),
        (ONCE, 10 * MINUTE, -DAY, [], 0),
    ],
)
def test_what_was_missed_while_it_was_down_is_judged_by_the_clock_as_it_is(
    tmp_path: Path, rule: Rule, away: float, set_by: float, runs: list[str], missed: int
) -> None:
    """It ran at two, went down at half past, and comes up when it was away for so long and the clock was set."""
    machine = Machine(tmp_path / "stamp", rule)
    machine.passes(HOUR)
    machine.down()
    machine.passes(away)
    machine.set_by(set_by)
    machine.up()
    machine.passes(HOUR)
    assert (machine.runs, machine.missed) == (["10 02:00", *runs], missed)


def test_one_that_was_down_while_the_clock_went_back_a_day_runs_when_that_time_comes_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "stamp", ONCE)
    machine.passes(HOUR)
    machine.down()
    machine.set_by(-DAY)
    machine.up()
    machine.passes(DAY)
    assert machine.runs == ["10 02:00", "10 02:00"]
