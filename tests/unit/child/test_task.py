"""The names a task's author uses."""

from __future__ import annotations

import io
import logging
import sys

import pytest

import udaemon
from udaemon import CallbackTask, StopTask, TaskContext, TaskEvent


def test_the_public_names_come_from_the_package() -> None:
    assert set(udaemon.__all__) <= set(dir(udaemon))
    assert all(hasattr(udaemon, name) for name in udaemon.__all__)
    assert not hasattr(udaemon, "Mailer")


def test_a_callback_task_does_what_its_function_does() -> None:
    done: list[int] = []

    CallbackTask(lambda: done.append(1)).do_task()

    assert done == [1]


def test_a_context_can_be_made_by_hand() -> None:
    context = TaskContext("mailer")

    assert (context.name, context.instance, context.instances, context.params) == ("mailer", 0, 1, {})
    assert (context.context, context.stopping, context.run_id) == ("", False, 1)


def test_stopping_and_run_id_are_asked_each_time() -> None:
    answers = iter([False, True])
    numbers = iter([1, 2])
    context = TaskContext("mailer", stopping=lambda: next(answers), run_id=lambda: next(numbers))

    assert [context.stopping, context.stopping] == [False, True]
    assert [context.run_id, context.run_id] == [1, 2]


def test_the_log_goes_to_stderr_until_logging_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    ours, theirs = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", ours)
    context = TaskContext("test-log")

    context.log.info("before")
    root.addHandler(logging.StreamHandler(theirs))
    context.log.info("after")

    assert ours.getvalue() == "INFO before\n"
    assert theirs.getvalue() == "after\n"


def test_an_event_has_a_run_only_where_there_was_one() -> None:
    event = TaskEvent("start", "mailer", 0)

    assert (event.run_id, event.duration, event.error, event.stopping) == (None, None, None, False)


def test_stop_task_is_an_ordinary_exception() -> None:
    assert issubclass(StopTask, Exception)
