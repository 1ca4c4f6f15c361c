"""A period: when the next run of a daemon is due that runs every so often, or with a pause in between.

Knows no task, no signal and no calendar; clocks are arguments. The arithmetic is in `schedule.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from udaemon.child.schedule import Due, anchor_of, next_due, replanned, resumed

Chance = Callable[[], float]


class Planner(Protocol):
    """Says when runs are due, in monotonic seconds."""

    def first(self, resume: float, now: float) -> Due:
        """When the first run of this process is due; `resume` is when the last one planned it, 0 for not at all."""

    def look(self, due: Due, now: float) -> Due:
        """When it is due by now, where it was planned for `due`."""

    def began(self) -> None:
        """The run that was due begins."""

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:
        """When the next run is due after one that was planned for `due`, or came in between because of a kick."""

    def repaced(self, due: Due, sleep: float, min_sleep: float, now: float) -> Due:
        """Go by another period and pause; returns when the run is due that was due at `due`."""


class Periodic:
    """Runs in a period, or one after the other with a pause.

    Args:
        sleep: The period in seconds, 0 for none.
        min_sleep: The shortest pause in seconds.
        jitter: At most so much is added to each due time.
        chance: From 0 to 1 at random.
        begin: When the first run is due where no process before has planned it, None for at once.
        stamp: Called when a due run begins.
    """

    def __init__(
        self,
        sleep: float,
        min_sleep: float,
        *,
        jitter: float = 0.0,
        chance: Chance = float,
        begin: Callable[[float], float] | None = None,
        stamp: Callable[[], object] = bool,
    ) -> None:
        self._sleep = sleep
        self._min_sleep = min_sleep
        self._jitter = jitter
        self._chance = chance
        self._begin = begin
        self._extra = 0.0
        self._stamp = stamp
        self.last: tuple[float, float, float] | None = None

    def first(self, resume: float, now: float) -> Due:
        """At once, at the end of the pause in which the process before left, or where its schedule says."""
        if self._begin is not None and not resume:
            at = self._begin(now)
            return Due(at, at)
        return resumed(resume, now, max(self._sleep, self._min_sleep) + self._jitter)

    def look(self, due: Due, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """Stay with it: nobody sets the monotonic clock."""
        return due

    def began(self) -> None:
        """Keep when it was, where that is kept."""
        self._stamp()

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:
        """A period after the planned start of the run; a kick leaves that as it is."""
        if kicked and due.at > started:
            return Due(max(due.at, ended + self._min_sleep), due.at)
        self.last = (due.at - self._extra, started, ended)
        planned = self._after(*self.last)
        if not self._jitter:
            return planned
        self._extra = self._jitter * self._chance()
        return Due(planned.at + self._extra, planned.wished + self._extra)

    def repaced(self, due: Due, sleep: float, min_sleep: float, now: float) -> Due:
        """As if it had been so since the run before."""
        self._sleep, self._min_sleep = sleep, min_sleep
        if self.last is None:
            return resumed(due.at, now, max(sleep, min_sleep))
        return replanned(self._after(*self.last), now)

    def go_on(self, former: Planner, now: float) -> Due:
        """Take the place of another planner, as if it had been so since the run before; else wait for a period."""
        if isinstance(former, Periodic) and former.last is not None:
            self.last = former.last
            return self.look(replanned(self._after(*self.last), now), now)
        at = now + max(self._sleep, self._min_sleep) + self._jitter * self._chance()
        return self.look(Due(at, at), now)

    def _after(self, planned: float, started: float, ended: float) -> Due:
        return next_due(anchor_of(planned, started, self._sleep), ended, self._sleep, self._min_sleep)
