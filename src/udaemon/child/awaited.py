"""A planner that has nothing due by itself.

Knows nothing of who says that a run is due.
"""

from __future__ import annotations

from math import inf

from udaemon.child.schedule import Due

NEVER = Due(inf, inf)


class Awaited:
    """Runs that are due when somebody else says so."""

    def first(self, resume: float, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """Never by itself."""
        return NEVER

    def look(self, due: Due, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """Stay with that."""
        return due

    def began(self) -> None:
        """It is known already."""

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:  # noqa: ARG002 - see `Planner`
        """Never by itself."""
        return NEVER

    def repaced(self, due: Due, sleep: float, min_sleep: float, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """It has no period."""
        return due
