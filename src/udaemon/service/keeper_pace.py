"""How long a keeper waits before it starts the next supervisor: one that was killed is replaced at once.

Knows no process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_QUICK = 5.0
"""Seconds: a supervisor that lived shorter died at once."""
_AT_ONCE, _AT_ONCE_STOOD = 1, 50
"""How many that died at once are replaced without a wait: one that stood was killed, one that never did is broken."""
_FIRST, _LONGEST = 0.2, 10.0
"""Seconds between the others, growing."""


class Pace:
    """Counts those that died at once, one after the other.

    Args:
        began: When the present one began, monotonic seconds.
        quick: How many before it died at once.
        clock: Monotonic seconds.
    """

    def __init__(self, began: float = 0.0, quick: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._began = began
        self._quick = quick
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
        self._quick = self._quick + 1 if self._clock() - self._began < _QUICK else 0
        more = self._quick - (_AT_ONCE_STOOD if stood else _AT_ONCE)
        return min(_FIRST * 2.0 ** min(more - 1, 10), _LONGEST) if more > 0 else 0.0

    def failed(self) -> None:
        """It could not even be started."""
        self._quick = max(self._quick, 1)
