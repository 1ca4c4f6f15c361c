"""How a supervisor begins and how it ends each turn: in the order in which it may be killed between any two steps.

Knows no socket and no file; what is known to the next supervisor, and how, is `outlive.py`'s.
"""

from __future__ import annotations

from typing import Protocol

from udaemon.service.recovery import Parts
from udaemon.supervisor.schedules import Schedules
from udaemon.supervisor.supervisor import Supervisor


class Keeping(Protocol):
    """What is kept for the next supervisor."""

    def resume(self, parts: Parts) -> bool:
        """Go on with the instances of a supervisor that died. Returns whether it was stopping everything."""

    def record(self, *, leaving: bool) -> None:
        """Make known to the next one what has changed until now."""


class Course:
    """The course of one supervisor.

    Args:
        keeping: What is kept of it.
        supervisor: Whose course it is.
        schedules: Its schedules.
    """

    def __init__(self, keeping: Keeping, supervisor: Supervisor, schedules: Schedules) -> None:
        self._keeping = keeping
        self._supervisor = supervisor
        self._schedules = schedules

    def begin(self, parts: Parts, *, autostart: bool) -> None:
        """Go on with what there is, and start what is to be started."""
        if self._keeping.resume(parts):
            self._supervisor.shut_down()
        self._schedules.take_over()
        if autostart:
            self._supervisor.autostart()

    def end_turn(self) -> None:
        """What is about to be started is written down before, and what was started behind it."""
        self._supervisor.end_of_turn(self._record)
        self._schedules.end_of_turn()
        self._record()

    def _record(self) -> None:
        self._keeping.record(leaving=self._supervisor.leaving)
