"""What a process's runs go by: the planner of the timetable that it was started with, or of one that has come since.

Knows no task. What a bare period does not need is loaded only where there is a timetable.
"""

from __future__ import annotations

from math import inf

from udaemon.child.recorder import Recorder
from udaemon.child.signals import Signals
from udaemon.child.spec import Pace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.child.bootstrap import ChildSetup
    from udaemon.child.period import Planner
    from udaemon.policy.calendar import Timetable


def planner_of(table: Timetable, min_sleep: float, signals: Signals, recorder: Recorder) -> Planner:
    """Says when runs are due where more is said than a period."""
    from random import random

    from udaemon.child import planner

    if not table.cron:
        return planner.periodic(table, min_sleep, random)
    from udaemon.policy.calendar import Cron
    from udaemon.policy.exclusions import without
    from udaemon.system.timezone import zone
    from udaemon.system.wall_timer import WallTimer

    signals.timer = signals.timer or WallTimer()
    return planner.ByCalendar(
        without(Cron(table.cron, zone(table.zone)), table.spans),
        table,
        wake_at=signals.timer.arm,
        missed=recorder.writer.miss,
        clocks=planner.clocks,
        chance=random,
    )


def replan(setup: ChildSetup, recorder: Recorder, pace: Pace) -> Planner | None:
    """Says when runs are due where the supervisor has sent another timetable with a pace."""
    first = setup.reporter.receive()
    if not first:
        return None
    from udaemon.child.period import Periodic
    from udaemon.child.timetables import received

    pieces = iter([first])
    tables = received(lambda: next(pieces, b"") or setup.reporter.receive())
    if not tables:
        return None
    table, timer = tables[-1], setup.signals.timer
    if timer is not None:
        timer.arm(inf)
    if table is None:
        return Periodic(pace.sleep, pace.min_sleep)
    return planner_of(table, pace.min_sleep, setup.signals, recorder)
