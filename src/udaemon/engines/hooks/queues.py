"""The events that wait for one hook, the one that it is being told, and those that were dropped.

Knows no runner and no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from attrs import define, field

from udaemon.engines.hooks.job import Job

QUEUED = 100
"""Events that wait for one hook."""
_QUIET, _LONGEST_BURST = 1.0, 60.0
"""Seconds without a drop after which a burst of them is over, and after which it is told though it goes on."""

Make = Callable[[], Job]


@define(eq=False)
class HookQueue:
    """The events of one hook, `name` where it is in trouble."""

    name: str
    waiting: deque[Make] = field(factory=deque)
    told: Delivery | None = None
    failures: int = 0
    dropped: int = 0
    burst_began: float = 0.0
    last_drop: float = 0.0

    @property
    def burst_ends(self) -> float | None:
        """When its dropped events are to be told."""
        return min(self.last_drop + _QUIET, self.burst_began + _LONGEST_BURST) if self.dropped else None

    def drop(self, count: int, now: float) -> None:
        """Count events that it will not be told."""
        if not self.dropped:
            self.burst_began = now
        self.dropped += count
        self.last_drop = now

    def failed(self, reason: str) -> str | None:
        """Count one that could not be told. Returns a sentence the 1st, 2nd, 4th … time in a row."""
        self.failures += 1
        if self.failures & (self.failures - 1):
            return None
        in_a_row = f" ({self.failures} in a row)" if self.failures > 1 else ""
        return f"{self.name}: an event could not be told: {reason}{in_a_row}"


@define(eq=False)
class Delivery:
    """An event that the runner has, until when it must have answered, and how many runners have had it."""

    queue: HookQueue
    job: Job
    until: float
    runners: int = 1
