"""What a daemon's loop goes by where more is said than a period: due times, kept over restarts in the time of a file.

Knows no task and no signal; clocks are arguments. The arithmetic is in `period.py` and `policy/calendar.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf

from udaemon.child.interrupted import Interrupted
from udaemon.child.period import Chance, Periodic
from udaemon.child.schedule import Due
from udaemon.policy import calendar
from udaemon.policy.calendar import DueTimes, Look, Position, Timetable, Verdict
from udaemon.policy.exclusions import span_at

_KEPT_FROM = 60.0
"""Seconds: the last due time of a shorter period is not worth a system call for each run."""


class ByCalendar:
    """Runs at due times of the calendar.

    Args:
        times: What is due when.
        table: What else is said of it.
        wake_at: Called with the wall time of the next look, `inf` for none; whoever waits is to wake up then, and
            whenever the clock is set.
        missed: Called with how many due times no run will serve.
        clocks: The wall clock and the boot clock.
        chance: From 0 to 1 at random.
    """

    def __init__(
        self,
        times: DueTimes,
        table: Timetable,
        *,
        wake_at: Callable[[float], object],
        missed: Callable[[int], object],
        clocks: Callable[[], Look],
        chance: Chance,
    ) -> None:
        self._times = times
        self._table = table
        self._wake_at = wake_at
        self._missed = missed
        self._clocks = clocks
        self._random = chance
        self._chance = chance()
        self._position = Position(0.0, Look(0.0, 0.0))
        self._goes = False
        """A run is due and has not begun."""

    def first(self, resume: float, now: float) -> Due:
        """At once where that is said of a start, else as for every other run."""
        look = self._clocks()
        verdict = calendar.started(self._times, self._table.rule, last_due(self._table.stamp), look)
        self._take(verdict)
        keep_due(self._table.stamp, verdict.position.anchor)
        self._goes = self._table.run_on_start and not resume and span_at(self._table.spans, look.wall) is None
        return self.look(Due(now, now), now)

    def look(self, due: Due, now: float) -> Due:
        """By the clocks as they are."""
        if self._goes:
            return due if due.at <= now else Due(now, now)
        return self._judged(due, now)

    def began(self) -> None:
        """Keep what it was due for."""
        self._goes = False
        keep_due(self._table.stamp, self._position.anchor)

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:  # noqa: ARG002 - see `Planner`
        """What came due while it ran is judged first."""
        self._judge(busy=True)
        return self._judged(Due(ended, ended), ended)

    def repaced(self, due: Due, sleep: float, min_sleep: float, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """A calendar has no period."""
        return due

    def go_on(self, now: float) -> Due:
        """Take the place of another planner: what came before by this line is no time that was missed."""
        look = self._clocks()
        self._position, self._goes = Position(look.wall, look), False
        keep_due(self._table.stamp, look.wall)
        return self.look(Due(now, now), now)

    def _judged(self, due: Due, now: float) -> Due:
        verdict = self._judge(busy=False)
        if verdict.run:
            self._goes = True
            return due if due.at <= now else Due(now, now)
        wall = verdict.position.look.wall
        self._wake_at(inf if verdict.wake is None else verdict.wake)
        at = inf if verdict.wake is None else now + (verdict.wake - wall)
        return Due(at, at)

    def _judge(self, *, busy: bool) -> Verdict:
        before = self._position.anchor
        verdict = calendar.judge(self._times, self._table.rule, self._position, self._clocks(), self._chance, busy=busy)
        if verdict.position.anchor != before:
            self._chance = self._random()
        self._take(verdict)
        return verdict

    def _take(self, verdict: Verdict) -> None:
        self._position = verdict.position
        if verdict.missed:
            self._missed(verdict.missed)


def clocks() -> Look:
    """What both clocks say now."""
    return Look(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))


def last_due(stamp: str | None) -> float | None:
    """The due time that a file keeps, None where there is none."""
    try:
        return None if stamp is None else os.stat(stamp, follow_symlinks=False).st_mtime
    except OSError:
        return None


def keep_due(stamp: str | None, due: float) -> None:
    """Keep a due time in the time of a file. One that cannot be kept costs what was missed, and no run."""
    if stamp is None:
        return
    with suppress(OSError):
        try:
            os.utime(stamp, (due, due), follow_symlinks=False)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(stamp), 0o700, exist_ok=True)
            os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            os.utime(stamp, (due, due), follow_symlinks=False)


def periodic(table: Timetable, min_sleep: float, chance: Chance, look: Callable[[], Look] = clocks) -> Periodic:
    """A period of which more is said than its length: it is staggered, or does not begin with a start."""
    rule, kept = table.rule, table.stamp if table.sleep >= _KEPT_FROM and not table.run_on_start else None

    def begin(now: float) -> float:
        delay = rule.shift * min(table.sleep, calendar.STAGGER)
        if not table.run_on_start:
            delay += _first_of_period(table, kept, look())
        return now + delay + rule.jitter * chance()

    made = partial(Interrupted, table.spans, lambda: look().wall) if table.spans else Periodic
    return made(
        table.sleep,
        min_sleep,
        jitter=rule.jitter,
        chance=chance,
        begin=begin,
        stamp=bool if kept is None else lambda: keep_due(kept, look().wall),
    )


def _first_of_period(table: Timetable, kept: str | None, look: Look) -> float:
    """Seconds to the first run where a start is no reason for one; several that were missed are one."""
    stamp = last_due(kept)
    if stamp is None or stamp > look.wall:
        keep_due(kept, look.wall)
        return table.sleep
    verdict = calendar.started(calendar.Every(table.sleep, stamp), table.rule, stamp, look)
    if verdict.position.owed:
        return 0.0
    return (calendar.Every(table.sleep, stamp).after(verdict.position.anchor) or look.wall) - look.wall
