"""How long a process may be silent: time only runs while something is waited for."""

from __future__ import annotations

from udaemon.logs.patience import Patience


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_a_question_starts_the_time_and_its_answer_ends_it() -> None:
    clock = Clock()
    patience = Patience(10.0, clock)
    patience.heard()
    assert patience.deadline is None
    patience.asked(1)
    clock.now = 105.0
    patience.asked(2)
    assert patience.deadline == 110.0
    patience.answered(1)
    patience.heard()
    assert patience.deadline == 115.0
    patience.answered(2)
    patience.heard()
    assert patience.deadline is None


def test_one_that_was_stopped_has_a_time_of_its_own() -> None:
    clock = Clock()
    patience = Patience(10.0, clock)
    patience.stopped(now=True)
    clock.now = 103.0
    patience.asked(1)
    assert patience.deadline == 110.0
    patience.stopped(now=False)
    assert patience.deadline == 113.0
    patience.clear()
    assert patience.deadline is None
