"""The moments that an instance waits for, each by its name.

Knows no clock: times are monotonic seconds that others have worked out. Fields are never changed, only replaced.
"""

from __future__ import annotations

from enum import StrEnum

from udaemon.frozen import frozen


class Timer(StrEnum):
    """What is due at a moment."""

    READY = "ready"
    """To be ready by its uptime, or to have failed to become ready."""
    WATCHDOG = "watchdog"
    """To have heard nothing of it for too long."""
    RUN = "run"
    """A run may have taken too long."""
    RETRY = "retry"
    """The next start."""
    STEP = "step"
    """The end of the time that a step has."""
    KILL = "kill"
    """KILL, for what was asked to end, or has said that it ends, and has not."""
    GIVE_UP = "give up"
    """To say that what got KILL cannot be killed."""


@frozen
class Timers:
    """A few named moments; each name has one."""

    moments: tuple[tuple[float, Timer], ...] = ()

    def set(self, name: Timer, at: float) -> Timers:
        """These, with the moment of this name there, in place of an earlier one's."""
        return Timers(tuple(sorted([*self.clear(name).moments, (at, name)])))

    def clear(self, name: Timer) -> Timers:
        """These without that."""
        return Timers(tuple(moment for moment in self.moments if moment[1] is not name))

    def at(self, name: Timer) -> float | None:
        """The moment of this name, None where there is none."""
        return next((at for at, one in self.moments if one is name), None)

    def earliest(self) -> float | None:
        """The moment that comes first, None where nothing is waited for."""
        return self.moments[0][0] if self.moments else None

    def due(self, now: float) -> Timer | None:
        """What is due by now, of several what was due first; None where nothing is."""
        return self.moments[0][1] if self.moments and self.moments[0][0] <= now else None


NO_TIMERS = Timers()
"""Of an instance that waits for nothing."""
