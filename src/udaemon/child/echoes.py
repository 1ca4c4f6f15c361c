"""A signal that comes twice though somebody meant it once.

Knows nothing of what it is for. timeout(1) and script(1) send a signal to their child and to its group, a terminal
sends it to all in the foreground and a parent there passes it on: the process gets two of one, milliseconds apart.
"""

from __future__ import annotations

ECHO = 0.5
"""Seconds. Whoever wants something twice takes longer: he has to see first that once was not enough."""


class Echoes:
    """Tells the second of two from one that is meant."""

    def __init__(self) -> None:
        self._came: dict[int, float] = {}

    def is_echo(self, number: int, now: float) -> bool:
        """Whether the same signal came just now; `now` is monotonic seconds."""
        before = self._came.get(number)
        if before is not None and now - before < ECHO:
            return True
        self._came[number] = now
        return False
