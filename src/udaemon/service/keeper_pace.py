"""How long a keeper waits before it starts the next supervisor: one that was killed is replaced at once.

Knows no process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

_QUICK = 5.0
"""Seconds: a supervisor that lived shorter died at once."""
_FIRST = 0.2
"""Seconds between the first two that are not replaced at once; between the others it doubles."""


class _Limits(NamedTuple):
    """How many that died at once are replaced without a wait, and the longest wait, in seconds, after those."""

    at_once: int
    longest: float


_STOOD = _Limits(50, 1.0)
"""For one that was killed: the daemons are without a supervisor meanwhile."""
_NEVER_STOOD = _Limits(1, 10.0)
"""For one that is broken: the next one will hardly stand either."""


class Pace:
    """Counts those that died at once, one after the other; those that stood apart from those that never did.

    Args:
        began: When the present one began, monotonic seconds.
        quick: How many before it died at once.
        clock: Monotonic seconds.
    """

    def __init__(self, began: float = 0.0, quick: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._began = began
        self._quick = quick
        self._counts: _Limits | None = None
        self._clock = clock

    @property
    def state(self) -> tuple[float, int]:
        """What another one needs to go on: the first two arguments."""
        return self._began, self._quick

    def begins(self) -> None:
        """One begins."""
        self._began = self._clock()

    def died(self, *, stood: bool) -> float:
        """It has died. Returns how many seconds to wait before the next."""
        limits = _STOOD if stood else _NEVER_STOOD
        self._count(limits)
        self._quick = self._quick + 1 if self._clock() - self._began < _QUICK else 0
        more = self._quick - limits.at_once
        return min(_FIRST * 2.0 ** min(more - 1, 10), limits.longest) if more > 0 else 0.0

    def failed(self) -> None:
        """It could not even be started."""
        self._count(_NEVER_STOOD)
        self._quick = max(self._quick, 1)

    def _count(self, kind: _Limits) -> None:
        """Begin anew where those before were of the other kind."""
        if self._counts not in (None, kind):
            self._quick = 0
        self._counts = kind
