"""A task's own methods, asked between runs that take no time but the world's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.loop_world import World

from udaemon.child.loop import Outcome
from udaemon.child.questions import Questions
from udaemon.child.report import Answered
from udaemon.child.spec import Asked
from udaemon.child.task import StopTask

RULES = {"ready": Asked(1.0, 0.0, 3, 1), "health": Asked(10.0, 0.0, 2, 1)}


class Asking(World):
    """Notes when each question was asked, and what was reported. `answers` is called with the time since the start."""

    def __init__(self, answers: dict[str, Callable[[float], Any]], **keys: Any) -> None:
        super().__init__(**keys)
        self.began = self.now
        self.asked: list[tuple[str, float]] = []
        self.reported: list[tuple[float, Answered]] = []
        methods = {question: self._method(question, answer) for question, answer in answers.items()}
        report = lambda answered: self.reported.append((round(self.now - self.began, 2), answered))  # noqa: E731
        self.asks = Questions(methods, RULES, report, self.now)

    def _method(self, question: str, answer: Callable[[float], Any]) -> Callable[[], Any]:
        def method() -> Any:
            self.asked.append((question, round(self.now - self.began, 2)))
            return answer(self.now - self.began)

        return method


def raises(error: BaseException) -> Any:
    raise error


def test_one_that_is_not_ready_is_asked_on_also_in_a_pause_and_told_once() -> None:
    world = Asking({"ready": lambda at: at > 2.5}, sleep=10.0, runs=2, takes=0.05)
    assert world.play() == Outcome("task-stopped")
    assert world.asked[:5] == [("ready", 0.0), ("ready", 1.0), ("ready", 2.0), ("ready", 3.0), ("ready", 4.0)]
    assert world.reported == [
        (0.0, Answered("ready", False, "ready() returned False")),
        (3.0, Answered("ready", True, "ready() is content")),
    ]
    assert world.gaps() == pytest.approx([10.0])


def test_no_run_is_cut_by_a_question_and_none_is_made_up_for() -> None:
    world = Asking({"ready": lambda _at: True}, sleep=0.0, runs=3, takes=2.5)
    world.play()
    assert world.asked == [("ready", 0.0), ("ready", 2.5), ("ready", 5.0)]


def test_health_is_asked_once_it_is_ready_and_counts_failures() -> None:
    answers = {"ready": lambda at: at > 4, "health": lambda at: at < 20 or raises(ConnectionError("refused\nlater"))}
    world = Asking(answers, sleep=100.0, runs=2)
    world.play()
    assert [at for question, at in world.asked if question == "health"][:4] == [5.0, 15.0, 25.0, 35.0]
    told = [(at, one) for at, one in world.reported if one.question == "health"]
    assert told[:3] == [
        (5.0, Answered("health", True, "health() is content")),
        (35.0, Answered("health", False, "ConnectionError: refused")),
        (45.0, Answered("health", False, "ConnectionError: refused")),
    ]


@pytest.mark.parametrize(
    ("answer", "ok", "reason"),
    [
        (None, True, "health() is content"),
        ([], False, "health() returned list"),
        (0, False, "health() returned 0"),
        ("secret", True, "health() is content"),
    ],
)
def test_what_is_returned_counts_as_true_or_not_and_nothing_of_it_is_told(answer: Any, ok: bool, reason: str) -> None:
    world = Asking({"health": lambda _at: answer}, sleep=30.0, runs=2)
    world.play()
    assert world.reported[0][1] == Answered("health", ok, reason)


def test_one_whose_truth_cannot_be_told_is_not_well() -> None:
    class Odd:
        def __bool__(self) -> bool:
            raise TypeError("neither")

    world = Asking({"health": lambda _at: Odd()}, sleep=30.0, runs=2)
    assert world.play() == Outcome("task-stopped")
    assert world.reported[0][1] == Answered("health", False, "TypeError: neither")


def test_stop_task_and_sys_exit_mean_there_what_they_mean_in_a_run() -> None:
    assert Asking({"ready": lambda _at: raises(StopTask())}).play() == Outcome("task-stopped")
    left = Asking({"ready": lambda _at: raises(SystemExit(3))}).play()
    assert (left.reason, str(left.error)) == ("exited", "3")


def test_one_that_is_being_stopped_is_asked_nothing() -> None:
    world = Asking({"ready": lambda _at: True})
    world.signals.on_stop(15)
    assert world.play() == Outcome("stopped")
    assert world.asked == []


def test_a_method_that_the_manifest_answers_for_is_not_asked() -> None:
    asks = Questions({"ready": lambda: True}, {}, lambda _answered: None, 0.0)
    assert (asks.at, asks.take(1e9)) == (float("inf"), None)
