"""When the next run of a period is due, with jitter, kicks and another pace."""

from __future__ import annotations

from udaemon.child.period import Periodic
from udaemon.child.schedule import Due

NOW = 1000.0


def test_a_first_run_is_at_once_or_at_the_end_of_the_pause_that_was_left() -> None:
    period = Periodic(60.0, 0.0)
    assert [period.first(resume, NOW).at for resume in (0.0, NOW + 30, NOW + 61, NOW - 5)] == [NOW, NOW + 30, NOW, NOW]


def test_a_kick_in_a_pause_leaves_the_plan_as_it_is_but_for_the_least_pause() -> None:
    period = Periodic(60.0, 10.0)
    planned = Due(NOW + 60, NOW + 60)
    assert period.next(planned, NOW + 20, NOW + 21, kicked=True) == planned
    assert period.next(planned, NOW + 50, NOW + 55, kicked=True) == Due(NOW + 65, NOW + 60)
    assert period.next(Due(NOW, NOW), NOW, NOW + 1, kicked=True).at == NOW + 60, "the run that was due"


def test_jitter_is_added_to_each_due_time_and_does_not_add_up() -> None:
    chances = iter([0.5, 1.0, 0.0])
    period = Periodic(60.0, 0.0, jitter=10.0, chance=lambda: next(chances))
    due = Due(NOW, NOW)
    seen = []
    for _ in range(3):
        due = period.next(due, due.at, due.at + 1, kicked=False)
        seen.append(due.at - NOW)
    assert seen == [65.0, 130.0, 180.0]


def test_another_period_counts_from_the_run_before_and_what_it_missed_is_not_late() -> None:
    period = Periodic(60.0, 0.0)
    due = period.next(Due(NOW, NOW), NOW, NOW + 1, kicked=False)
    assert period.repaced(due, 20.0, 0.0, NOW + 10).at == NOW + 20
    shorter = period.repaced(due, 5.0, 0.0, NOW + 10)
    assert (shorter.at, shorter.overrun) == (NOW + 10, False)


def test_another_period_before_the_first_run_keeps_no_pause_that_is_longer() -> None:
    period = Periodic(60.0, 0.0)
    resumed = period.first(NOW + 50, NOW)
    assert period.repaced(resumed, 60.0, 0.0, NOW).at == NOW + 50
    assert period.repaced(resumed, 10.0, 0.0, NOW).at == NOW
