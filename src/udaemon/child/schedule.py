"""When the next run is due: all of the loop's arithmetic.

Knows no clock: every moment is an argument, in monotonic seconds.
"""

from __future__ import annotations

from typing import NamedTuple


class Due(NamedTuple):
    """The next run's planned start, and the moment its period asked for. They differ after an overrun only."""

    at: float
    wished: float

    @property
    def overrun(self) -> bool:
        """True when the last run outlasted the period."""
        return self.at != self.wished


def next_due(anchor: float, ended: float, sleep: float, min_sleep: float) -> Due:
    """When to run next: `pause = max(min_sleep, sleep - elapsed)`, measured from the planned start of the last run.

    Args:
        anchor: Where the last run's period began (see `anchor_of`).
        ended: When the last run, its listeners included, was over.
        sleep: The period; 0 for none.
        min_sleep: The shortest pause.
    """
    soonest = ended + min_sleep
    if sleep <= 0:
        return Due(soonest, soonest)
    planned = anchor + sleep
    if ended > planned:
        return Due(soonest, planned)
    at = max(planned, soonest)
    return Due(at, at)


def resumed(due: float, now: float, longest: float) -> Due:
    """The first run of a process: at once, or where the one before left in a pause, at the end of that pause.

    Args:
        due: When that pause was to end, 0 when there was none.
        now: The present.
        longest: No pause is longer; what is farther away is nonsense.
    """
    at = due if now < due <= now + longest else now
    return Due(at, at)


def replanned(due: Due, now: float) -> Due:
    """The next run by a pace that was changed in the pause before it: what it might have run already is not late."""
    at = max(due.at, now)
    return Due(at, at)


def anchor_of(due: float, started: float, sleep: float) -> float:
    """Where a run's period begins: at its planned start, so that a late wake-up is made up for and nothing drifts.

    A run that began a whole period late (the process was stopped, the machine slept) starts a new grid: what was missed
    is not caught up.
    """
    return started if started - due >= sleep else due
