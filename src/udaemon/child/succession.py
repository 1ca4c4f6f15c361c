"""One planner in the place of another, between two runs of one process.

Knows no clock: now is an argument.
"""

from __future__ import annotations

from udaemon.child.period import Periodic, Planner
from udaemon.child.planner import ByCalendar
from udaemon.child.schedule import Due


def succeed(planner: Planner, former: Planner, now: float) -> Due:
    """When a run is due where one planner takes the place of another one, between two runs of one process."""
    if isinstance(planner, ByCalendar):
        return planner.go_on(now)
    return planner.go_on(former, now) if isinstance(planner, Periodic) else planner.first(now, now)
