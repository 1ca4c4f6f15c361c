"""How long a process that is asked things may take to answer, or may stay stopped, before it is given up.

Knows no process and sets no timer: there is a deadline only while something is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Patience:
    """What is waited for, and since when.

    Args:
        bound: Seconds without a word.
        clock: Monotonic seconds.
    """

    def __init__(self, bound: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.bound = bound
        self._clock = clock
        self._unanswered: set[int] = set()
        self._silent_since: float | None = None
        self._stopped_since: float | None = None

    @property
    def deadline(self) -> float | None:
        """When to give up; None while nothing is waited for."""
        since = [at for at in (self._silent_since, self._stopped_since) if at is not None]
        return min(since) + self.bound if since else None

    def asked(self, number: int) -> None:
        """An answer to this question is waited for."""
        self._unanswered.add(number)
        if self._silent_since is None:
            self._silent_since = self._clock()

    def answered(self, number: int) -> None:
        """It came."""
        self._unanswered.discard(number)

    def heard(self) -> None:
        """Whatever came shows that somebody is at it: for the rest the time begins anew."""
        self._silent_since = self._clock() if self._unanswered else None

    def stopped(self, *, now: bool) -> None:
        """It was stopped by a signal, or goes on."""
        self._stopped_since = self._clock() if now else None

    def clear(self) -> None:
        """Nothing is waited for."""
        self._unanswered.clear()
        self._silent_since = self._stopped_since = None
