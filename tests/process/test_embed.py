"""One task in the program that calls: it runs by the same loop, is stopped by the same signals, and tells the same."""

from __future__ import annotations

import os
import signal
from typing import Any

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

    end = udaemon.run(made, min_sleep=min_sleep)

    assert end is udaemon.End.TASK_STOPPED
    assert str(end) == "task-stopped"
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


@pytest.mark.parametrize("pause", [0.0, 0.001])
def test_a_listener_ends_the_daemon_by_its_event(pause: float) -> None:
    heard: list[int | None] = []

    def stop_at_two(event: TaskEvent) -> None:
        if event.run_id == 2:
            event.stop()

    told = [stop_at_two, lambda event: heard.append(event.run_id)]
    assert udaemon.run(lambda: None, min_sleep=pause, on_task_done=told) == "task-stopped"
    assert heard == [1, 2]


def test_a_listener_to_the_start_ends_it_before_the_first_run() -> None:
    runs: list[int] = []
    assert udaemon.run(lambda: runs.append(1), on_start=TaskEvent.stop) == "task-stopped"
    assert runs == []


def test_an_exception_of_a_listener_that_steers_ends_the_daemon() -> None:
    heard: list[int | None] = []

    @udaemon.steers
    def broken(event: TaskEvent) -> None:
        raise KeyError(event.kind)

    with pytest.raises(KeyError, match="task_done"):
        udaemon.run(lambda: None, on_task_done=[broken, lambda event: heard.append(event.run_id)])
    assert heard == []


def test_durations_and_sizes_are_written_as_in_a_manifest() -> None:
    made = Three()
    assert udaemon.run(made, sleep="1ms", min_sleep="1ms", memory_limit="4G") == "task-stopped"


@pytest.mark.parametrize(
    "wrong",
    [{"sleep": -1}, {"sleep": "5x"}, {"min_sleep": float("nan")}, {"memory_limit": -2}, {"memory_limit": "5 apples"}],
)
def test_what_is_no_duration_or_size_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))}: .* is no "):
        udaemon.run(Three(), **wrong)


def test_what_is_no_task_is_told_as_an_error_of_ours() -> None:
    with pytest.raises(udaemon.Misconfigured, match=r"^task is int: a task is an object with do_task\(\), or a func"):
        udaemon.run(7)  # type: ignore[arg-type]
    assert issubclass(udaemon.Misconfigured, udaemon.UdaemonError)


@pytest.mark.parametrize("name", udaemon.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(udaemon, name) is not None
    assert name in dir(udaemon)
