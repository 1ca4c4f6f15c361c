"""When runs are due by the calendar, and what becomes of due times that have passed: all times are arguments.

Knows no clock, process or file, and no daemon but by its numbers. Loads without attrs: a daemon's own process goes by
it too. Times of the calendar are seconds since 1970 (wall time).

Two clocks are looked at together, because neither tells all. The wall clock says what is due, but it may be set. The
boot clock is never set and goes on while the machine sleeps, so that the difference of both tells one from the other:

- The machine slept: what came due meanwhile was really missed, and is made up for by one run.
- The clock was set forward by little (three hours, as Vixie cron has it): the same. By more it was wrong before: what
  lies between was no time that has passed.
- The clock was set back by little: what ran already does not run again. By more it was wrong before.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

SMALL_STEP = 3 * 3600.0
"""Seconds by which a clock may be set without having been wrong all along."""
STAGGER = 3600.0
"""Seconds by which `stagger` shifts at most."""
_NOISE = 1.0
"""Seconds by which the clocks may differ for other reasons: they are read one after the other, and NTP turns slowly."""
_MOST = 1000
"""Due times that are counted; whoever missed more is not served by a number."""


class DueTimes(Protocol):
    """A rule that says what is due when, without end."""

    def after(self, wall: float) -> float | None:
        """The first due time after a moment, None where there is none any more."""

    def before(self, wall: float) -> float | None:
        """The last due time up to a moment, None where there is none."""

    @property
    def repeats(self) -> bool:
        """Whether it follows the clock wherever that is set to, as `* * * * *` does: it keeps no time of day."""


class Rule(NamedTuple):
    """What is said of a schedule beyond its due times. Durations in seconds.

    `shift` is from 0 to 1, how far due times are shifted towards the next one; `jitter` is the most that is added at
    random; `queues` says that a due time which passed during a run is made up for. Of what was missed while it was not
    up, `catches` (0 none, 1 one, else at most so many) are made up for, those of the last `within` seconds.
    """

    shift: float = 0.0
    jitter: float = 0.0
    queues: bool = False
    catches: int = 0
    within: float | None = None


class Timetable(NamedTuple):
    """What one instance goes by, as plain values: they cross to its process.

    `cron` is a line as `manifest.cron.resolve` writes it, empty where `sleep` is the period; `zone` is for
    `system.timezone`; `stamp` is the file whose time is the last due time, None for none. In `spans` nothing is due.
    """

    cron: str
    zone: str
    sleep: float
    rule: Rule
    run_on_start: bool
    stamp: str | None
    spans: tuple[tuple[float, float], ...] = ()


class Look(NamedTuple):
    """What both clocks said at one moment."""

    wall: float
    boot: float


class Position(NamedTuple):
    """How far a schedule has come. `anchor` is the last due time that has been judged, before jitter and stagger.

    `look` is when the clocks were last looked at, and `owed` how many runs are still to be made up for.
    """

    anchor: float
    look: Look
    owed: int = 0


class Verdict(NamedTuple):
    """What a look at the clocks has come to.

    `run` says that a run is to begin now; else `wake` is the wall time to look again, None for never. `missed` counts
    due times that no run will serve.
    """

    position: Position
    run: bool = False
    wake: float | None = None
    missed: int = 0


def started(times: DueTimes, rule: Rule, stamp: float | None, look: Look) -> Verdict:
    """A daemon that comes up: what it missed while it was down is judged by its rule.

    Args:
        times: What is due when.
        rule: What is said of it.
        stamp: The last due time that was judged before, None where it was never up.
        look: The clocks.
    """
    last = times.before(look.wall)
    if stamp is None or last is None or last <= stamp or stamp > look.wall + SMALL_STEP:
        anchor = look.wall if stamp is None or stamp > look.wall + SMALL_STEP else max(stamp, last or stamp)
        return Verdict(Position(anchor, look))
    since = stamp if rule.within is None else max(stamp, look.wall - rule.within)
    missed = _count(times, stamp, look.wall)
    owed = min(rule.catches, _count(times, since, look.wall)) if rule.catches else 0
    return Verdict(Position(last, look, owed), missed=missed - owed)


def judge(times: DueTimes, rule: Rule, position: Position, look: Look, chance: float, *, busy: bool = False) -> Verdict:
    """Look at the clocks: whether a run begins now, or when to look again.

    Args:
        times: What is due when.
        rule: What is said of it.
        position: How far it had come.
        look: The clocks.
        chance: From 0 to 1, how much of the jitter counts for the due time that comes next.
        busy: A run goes on, so that none can begin; what comes due is judged as the rule says.
    """
    anchor = _anchored(times, position, look)
    here = Position(anchor, look, position.owed)
    if not busy and position.owed:
        return Verdict(here._replace(owed=position.owed - 1), run=True)
    due = times.after(anchor)
    if due is None:
        return Verdict(here)
    at = due + offset(times, rule, due, chance)
    if at > look.wall:
        return Verdict(here, wake=at)
    passed = [due, *islice(takewhile(lambda each: each <= look.wall, following(times, due)), _MOST)]
    later = [each for each in passed[1:] if each + offset(times, rule, each, chance) <= look.wall]
    last = later[-1] if later else due
    if len(passed) > _MOST:
        last = times.before(look.wall) or last
    judged = Position(last, look, position.owed)
    if not busy:
        return Verdict(judged, run=True, missed=len(later))
    if rule.queues:
        return Verdict(judged._replace(owed=max(1, position.owed)), missed=len(later))
    return Verdict(judged, missed=len(later) + 1)


def offset(times: DueTimes, rule: Rule, due: float, chance: float) -> float:
    """Seconds by which a due time is put off: always the same for `stagger`, at random for `jitter`."""
    put_off = rule.jitter * chance
    if rule.shift:
        following_one = times.after(due)
        put_off += rule.shift * (STAGGER if following_one is None else min(STAGGER, following_one - due))
    return put_off


def following(times: DueTimes, wall: float) -> Iterator[float]:
    """The due times after a moment, one by one."""
    due = times.after(wall)
    while due is not None:
        yield due
        due = times.after(due)


def _anchored(times: DueTimes, position: Position, look: Look) -> float:
    """Where the schedule stands by the clock as it is now; see the top of this module."""
    passed = look.boot - position.look.boot
    step = look.wall - position.look.wall - passed
    if step > SMALL_STEP:
        return max(position.anchor, look.wall - passed)
    if step < -SMALL_STEP or (step < -_NOISE and times.repeats):
        return min(position.anchor, look.wall - passed)
    return position.anchor


def _count(times: DueTimes, after: float, until: float) -> int:
    return sum(1 for _ in islice(takewhile(lambda each: each <= until, following(times, after)), _MOST))


class Every:
    """A due time each so many seconds, counted from one moment."""

    repeats = False

    def __init__(self, period: float, start: float) -> None:
        self._period, self._start = period, start

    def after(self, wall: float) -> float | None:
        """The next of the grid."""
        due = self._start + (int((wall - self._start) // self._period) + 1) * self._period
        return due if due > wall else due + self._period

    def before(self, wall: float) -> float | None:
        """The last of the grid."""
        due = self._start + int((wall - self._start) // self._period) * self._period
        return due if due <= wall else due - self._period


class Cron:
    """The due times of a cron line in a time zone; `local_clock` says what becomes of them when the clock is set.

    Args:
        line: As `manifest.cron.resolve` writes it.
        zone: The time zone that it is meant in.
    """

    def __init__(self, line: str, zone: tzinfo) -> None:
        minute, hour, *_ = line.split()
        self.repeats = minute.startswith("*") or hour.startswith("*")
        self._line = line
        self._zone = zone

    def after(self, wall: float) -> float | None:
        """The first due time after a moment."""
        from udaemon.policy import local_clock

        next_due = local_clock.next_shown if self.repeats else local_clock.next_named
        try:
            return next_due(self._readings, self._zone, wall)
        except (OverflowError, ValueError):  # beyond the calendar's end
            return None

    def _readings(self, reading: datetime) -> Iterator[datetime]:
        from cronsim import CronSim

        return CronSim(self._line, reading)

    def before(self, wall: float) -> float | None:
        """The last due time up to a moment."""
        latest: float | None = None
        back = 3600.0
        while latest is None and back < 9 * 366 * 86400.0:
            for each in following(self, wall - back):
                if each > wall:
                    break
                latest = each
            back *= 24
        return latest
