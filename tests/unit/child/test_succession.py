"""One planner in the place of another, between two runs of one process."""

from __future__ import annotations

from udaemon.child.period import Periodic
from udaemon.child.planner import ByCalendar
from udaemon.child.succession import succeed
from udaemon.policy.calendar import Every, Look, Rule, Timetable


def by_calendar(wall: float) -> ByCalendar:
    table = Timetable("0 4 * * *", "UTC", 0.0, Rule(catches=100), True, None)
    times = Every(100.0, 0.0)
    look = Look(wall, wall)
    return ByCalendar(times, table, wake_at=bool, missed=bool, clocks=lambda: look, chance=float)


def test_a_line_that_takes_the_place_of_another_misses_nothing_and_runs_nothing_at_once() -> None:
    planner = by_calendar(1050.0)
    assert succeed(planner, by_calendar(1050.0), 50.0).at == 100.0


def test_a_period_goes_on_from_the_run_before() -> None:
    former, planner = Periodic(60.0, 0.0), Periodic(10.0, 0.0)
    due = former.first(0.0, 100.0)
    former.next(due, 100.0, 101.0, kicked=False)
    assert succeed(planner, former, 105.0).at == 110.0
    assert succeed(Periodic(3.0, 0.0), former, 105.0).at == 105.0


def test_a_period_in_place_of_a_line_begins_with_a_pause() -> None:
    assert succeed(Periodic(10.0, 0.0), by_calendar(1050.0), 50.0).at == 60.0
