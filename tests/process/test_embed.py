"""One task in the program that calls: it runs by the same loop, is stopped by the same signals, and tells the same."""

from __future__ import annotations

import os
import signal

import pytest

import udaemon
from udaemon import StopTask, TaskEvent


class Three:
    """A task that is done after three runs."""

    def __init__(self) -> None:
        self.runs = 0

    def do_task(self) -> None:
        self.runs += 1
        if self.runs == 3:
            raise StopTask


class ThreeLater(Three):
    async def do_task(self) -> None:  # type: ignore[override]
        super().do_task()


@pytest.mark.parametrize("task", [Three, ThreeLater])
@pytest.mark.parametrize("min_sleep", [0.0, 0.001])
def test_it_runs_until_the_task_has_enough(task: type[Three], min_sleep: float) -> None:
    made = task()

    assert udaemon.run(made, min_sleep=min_sleep) == "task-stopped"
    assert made.runs == 3


def test_listeners_are_told_and_a_term_in_a_run_ends_it_after_that_run() -> None:
    told: list[TaskEvent] = []
    former = signal.getsignal(signal.SIGTERM)

    reason = udaemon.run(
        lambda: os.kill(os.getpid(), signal.SIGTERM),
        sleep=3600,
        name="mailer",
        on_start=[told.append],
        on_task_done=[told.append],
    )

    assert reason == "stopped"
    assert [(event.kind, event.name, event.run_id) for event in told] == [
        ("start", "mailer", None),
        ("task_done", "mailer", 1),
    ]
    assert signal.getsignal(signal.SIGTERM) is former


def test_an_exception_is_told_and_raised() -> None:
    told: list[TaskEvent] = []
    error = ValueError("no")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="no"):
        udaemon.run(fail, sleep=1, on_task_failed=[told.append])
    assert [event.error for event in told] == [error]


def test_once_and_a_full_memory_end_it_too() -> None:
    assert udaemon.run(lambda: None, sleep=3600, once=True) == "stopped"
    assert udaemon.run(lambda: None, memory_limit=1024) == "memory"
