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

    def is_echo(self, number: int, now: float, *, typed: bool = False) -> bool:
        """Whether the same signal came just now.

        Args:
            number: The signal.
            now: Monotonic seconds.
            typed: The kernel sent it for a key of the terminal, which it does once for each time that it is pressed.
        """
        before = self._came.get(number)
        if before is not None and now - before < ECHO and not typed:
            return True
        self._came[number] = now
        return False
