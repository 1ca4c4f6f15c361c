"""When runs are due: a period that is kept in a file, or the calendar, by clocks that only a test moves."""

from __future__ import annotations

import os
from math import inf
from pathlib import Path

import pytest

from udaemon.child.planner import ByCalendar, keep_due, last_due, periodic
from udaemon.child.schedule import Due
from udaemon.policy.calendar import STAGGER, Every, Look, Rule, Timetable

NOW, WALL = 1000.0, 1_795_521_600.0
NOTHING_MORE = Rule()


def table(
    sleep: float = 0.0, rule: Rule = NOTHING_MORE, *, run_on_start: bool = True, stamp: str | None = None
) -> Timetable:
    return Timetable(cron="", zone="UTC", sleep=sleep, rule=rule, run_on_start=run_on_start, stamp=stamp)


def test_a_period_may_be_staggered_and_does_not_begin_with_a_start_where_that_is_said() -> None:
    look = lambda: Look(WALL, NOW)  # noqa: E731
    shifted = periodic(table(60.0, Rule(shift=0.5)), 0.0, float, look)
    assert shifted.first(0.0, NOW).at == NOW + 30
    assert periodic(table(10 * STAGGER, Rule(shift=0.5)), 0.0, float, look).first(0.0, NOW).at == NOW + STAGGER / 2
    later = periodic(table(60.0, run_on_start=False), 0.0, float, look)
    assert later.first(0.0, NOW).at == NOW + 60


@pytest.mark.parametrize(
    ("ago", "catches", "due"),
    [(20.0, 0, 40.0), (70.0, 0, 50.0), (70.0, 1, 0.0), (-500.0, 1, 60.0)],
    ids=["in the period", "missed", "missed and made up for", "kept by a clock that was ahead"],
)
def test_a_period_goes_on_over_a_restart_where_its_file_has_the_last_run(
    tmp_path: Path, ago: float, catches: int, due: float
) -> None:
    stamp = str(tmp_path / "stamps" / "a-0")
    keep_due(stamp, WALL - ago)
    plan = periodic(
        table(60.0, Rule(catches=catches), run_on_start=False, stamp=stamp), 0.0, float, lambda: Look(WALL, NOW)
    )
    assert plan.first(0.0, NOW).at == NOW + due
    plan.began()
    assert last_due(stamp) == WALL


def test_of_a_short_period_nothing_is_kept(tmp_path: Path) -> None:
    stamp = str(tmp_path / "a-0")
    plan = periodic(table(59.0, run_on_start=False, stamp=stamp), 0.0, float, lambda: Look(WALL, NOW))
    plan.first(0.0, NOW)
    plan.began()
    assert not os.path.exists(stamp)


def test_a_due_time_is_kept_in_the_time_of_a_file_and_what_cannot_be_kept_harms_nobody(tmp_path: Path) -> None:
    stamp = str(tmp_path / "deep" / "stamps" / "a-0")
    assert (last_due(stamp), last_due(None)) == (None, None)
    keep_due(stamp, 5.0)
    keep_due(stamp, WALL)
    assert last_due(stamp) == WALL
    keep_due(None, WALL)
    (tmp_path / "file").touch()
    keep_due(str(tmp_path / "file" / "a-0"), WALL)


class World:
    """A calendar with a due time each minute, and both clocks, which `passes` moves."""

    def __init__(self, rule: Rule = NOTHING_MORE, *, run_on_start: bool = False, stamp: str | None = None) -> None:
        self.wall, self.boot = WALL, NOW
        self.wakes: list[float] = []
        self.missed: list[int] = []
        self.plan = ByCalendar(
            Every(60.0, WALL - 600),
            table(rule=rule, run_on_start=run_on_start, stamp=stamp),
            wake_at=self.wakes.append,
            missed=self.missed.append,
            clocks=lambda: Look(self.wall, self.boot),
            chance=float,
        )

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds

    @property
    def now(self) -> float:
        """The monotonic clock."""
        return self.boot


def test_a_link_in_the_place_of_that_file_leads_to_no_other(tmp_path: Path) -> None:
    """Its target may be anybody's: a supervisor that runs as root must not set the time of it."""
    target, stamp = tmp_path / "passwd", tmp_path / "a-0"
    target.write_text("kept")
    os.utime(target, (5.0, 5.0))
    stamp.symlink_to(target)
    keep_due(str(stamp), WALL)
    assert target.stat().st_mtime == 5.0
    assert last_due(str(stamp)) == WALL


def test_a_run_is_due_when_the_calendar_says_and_not_before() -> None:
    world = World()
    due = world.plan.first(0.0, world.now)
    assert (due.at, world.wakes[-1]) == (NOW + 60, WALL + 60)
    world.passes(59)
    assert world.plan.look(due, world.now).at == NOW + 60
    world.passes(1)
    assert world.plan.look(due, world.now).at <= world.now
    world.plan.began()
    world.passes(5)
    assert world.plan.next(due, world.now - 5, world.now, kicked=False).at == NOW + 120


def test_where_a_start_is_a_reason_the_first_run_is_at_once_but_not_again_in_a_new_process() -> None:
    world = World(run_on_start=True)
    assert world.plan.first(0.0, NOW).at == NOW
    assert World(run_on_start=True).plan.first(NOW + 60, NOW).at == NOW + 60


def test_what_came_due_in_a_run_is_counted_or_made_up_for() -> None:
    skipping, queueing = World(), World(Rule(queues=True))
    for world in (skipping, queueing):
        due = world.plan.first(0.0, world.now)
        world.passes(60)
        world.plan.look(due, world.now)
        world.plan.began()
        world.passes(150)
    due = skipping.plan.next(Due(0.0, 0.0), NOW + 60, skipping.now, kicked=False)
    assert (due.at - skipping.now, sum(skipping.missed)) == (30.0, 2)
    assert queueing.plan.next(Due(0.0, 0.0), NOW + 60, queueing.now, kicked=False).at <= queueing.now


def test_what_was_due_is_kept_when_its_run_begins(tmp_path: Path) -> None:
    stamp = str(tmp_path / "a-0")
    world = World(stamp=stamp)
    due = world.plan.first(0.0, world.now)
    world.passes(60)
    world.plan.look(due, world.now)
    assert last_due(stamp) == WALL
    world.plan.began()
    assert last_due(stamp) == WALL + 60


def test_a_calendar_that_has_ended_is_never_due_again() -> None:
    class Once(Every):
        def after(self, wall: float) -> float | None:
            return None

    world = World()
    world.plan._times = Once(60.0, WALL)
    assert (world.plan.first(0.0, NOW).at, world.wakes[-1]) == (inf, inf)


def test_no_other_pace_moves_a_calendar() -> None:
    due = Due(NOW + 7, NOW + 7)
    assert World().plan.repaced(due, 1.0, 1.0, NOW) == due
