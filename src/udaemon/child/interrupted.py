"""A period with times in which nothing is due.

Knows no task and no signal; what time it is, is asked of an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from udaemon.child.period import Periodic
from udaemon.child.schedule import Due
from udaemon.policy.exclusions import Span, span_at


class Interrupted(Periodic):
    """A period with spans in which nothing is due: a run that would begin in one begins at its end.

    Args:
        spans: In wall time.
        wall: Says what time it is.
        period: As for `Periodic`.
    """

    def __init__(self, spans: Sequence[Span], wall: Callable[[], float], *period: float, **more: Any) -> None:
        super().__init__(*period, **more)
        self._spans = spans
        self._wall = wall

    def first(self, resume: float, now: float) -> Due:
        """Not in a span."""
        return self.look(super().first(resume, now), now)

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:
        """Not in a span."""
        return self.look(super().next(due, started, ended, kicked=kicked), ended)

    def look(self, due: Due, now: float) -> Due:
        """Put it off where it would lie in a span."""
        wall = self._wall()
        span = span_at(self._spans, wall + max(0.0, due.at - now))
        if span is None:
            return due
        at = now + (span[1] - wall)
        return Due(at, at)
