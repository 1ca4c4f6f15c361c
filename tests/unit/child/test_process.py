"""Which loop suits a task, and what is told of an end to whom; a process of its own has it in tests/process.

Each test has a declaration and a task; nothing is forked, and no run waits.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from udaemon.child.back_to_back import back_to_back
from udaemon.child.bootstrap import ChildSetup
from udaemon.child.build import Built
from udaemon.child.forms import Misconfigured
from udaemon.child.loop import Outcome, run_steps
from udaemon.child.process import EXIT_CONFIG, loop_of, report_exit
from udaemon.child.recorder import Recorder
from udaemon.child.report import FrameReader, Leaving, Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildSpec, Pace

AT_ONCE = Pace(sleep=0.0, min_sleep=0.0, memory_limit=None, memory_threshold=1.0)


def built(run: Callable[[], object] = bool, *, is_async: bool = False) -> Built:
    return Built(run=run, hooks={}, methods={}, is_async=is_async)


def recorder(**listeners: Callable[..., object]) -> Recorder:
    return Recorder("a", 0, SlotWriter.anonymous(), Reporter(None), {kind: (one,) for kind, one in listeners.items()})


def loop(pace: Pace, task: Built, record: Recorder, *, once: bool = False) -> Callable[[], Outcome]:
    return loop_of(pace, task, Signals(), record, once=once)


def kind(found: Callable[[], Outcome]) -> object:
    assert isinstance(found, partial)
    return found.func


def test_a_task_without_a_pause_and_without_anybody_who_looks_on_runs_back_to_back() -> None:
    assert kind(loop(AT_ONCE, built(), recorder())) is back_to_back


@pytest.mark.parametrize(
    ("pace", "record", "once"),
    [
        (AT_ONCE._replace(sleep=1.0), recorder(), False),
        (AT_ONCE._replace(min_sleep=1.0), recorder(), False),
        (AT_ONCE._replace(memory_limit=1 << 40), recorder(), False),
        (AT_ONCE, recorder(task_done=bool), False),
        (AT_ONCE, recorder(), True),
    ],
    ids=["sleep", "min-sleep", "memory-limit", "listener", "once"],
)
def test_each_thing_that_needs_a_look_between_runs_has_the_loop_that_looks(
    pace: Pace, record: Recorder, *, once: bool
) -> None:
    assert kind(loop(pace, built(), record, once=once)) is run_steps


def test_an_async_task_has_a_loop_of_its_own_kind() -> None:
    from udaemon.child.async_loop import run_steps_async

    assert kind(loop(AT_ONCE, built(is_async=True), recorder())) is run_steps_async


def test_a_listener_to_the_start_can_end_it_before_its_first_run() -> None:
    runs: list[int] = []
    record = recorder(start=lambda event: event.stop())
    record.start()
    end = loop(AT_ONCE, built(lambda: runs.append(1)), record)()
    assert (end.reason, runs) == ("task-stopped", [])


class Child:
    """A child that is about to exit, the supervisor's end of its socket, and what that has heard."""

    def __init__(self) -> None:
        self.far, self.near = socket.socketpair()
        spec = ChildSpec("mailer", 0, 1, "shop", "", "m:f", {}, {}, "/", 0o22, 1.0, 0.0, "/")
        reporter = Reporter(self.near.dup().detach())
        self.setup = ChildSetup(spec, Signals(), reporter, SlotWriter.anonymous())

    def heard(self) -> list[object]:
        self.far.setblocking(False)
        return list(FrameReader().feed(self.far.recv(65536)))


@pytest.fixture
def child() -> Iterator[Child]:
    path = list(sys.path)
    made = Child()
    yield made
    made.setup.reporter.cut_off()
    made.near.close()
    made.far.close()
    sys.path[:] = path


@pytest.mark.parametrize(
    ("outcome", "code", "leaving", "told"),
    [
        (Outcome("stopped"), 0, Leaving("stopped", None), ""),
        (Outcome("task-stopped"), 0, Leaving("task-stopped", None), ""),
        (Outcome("memory", message="too large"), 0, Leaving("memory", "too large"), "udaemon: mailer: too large\n"),
        (
            Outcome("config", Misconfigured("no module named m")),
            EXIT_CONFIG,
            Leaving("config", "no module named m"),
            "udaemon: mailer: no module named m\n",
        ),
        (Outcome("exited", SystemExit()), 0, Leaving("exited", "sys.exit(None)"), ""),
        (Outcome("exited", SystemExit(3)), 3, Leaving("exited", "sys.exit(3)"), ""),
        (Outcome("exited", SystemExit("why")), 1, Leaving("exited", "sys.exit('why')"), "why\n"),
        (Outcome("exception", ValueError("x")), 1, Leaving("exception", "ValueError: x"), "ValueError: x\n"),
    ],
    ids=lambda value: value.reason if isinstance(value, Outcome) else None,
)
def test_an_end_has_its_code_and_is_told_to_the_supervisor_and_in_the_log(
    child: Child, capfd: pytest.CaptureFixture[str], outcome: Outcome, code: int, leaving: Leaving, told: str
) -> None:
    assert report_exit(child.setup, outcome) == code
    assert (child.heard(), capfd.readouterr().err) == ([leaving], told)


def test_an_end_is_told_once_and_keeps_its_code(child: Child, capfd: pytest.CaptureFixture[str]) -> None:
    """An async task's end is told before what it left running is waited for."""
    report_exit(child.setup, Outcome("exception", ValueError("x")))
    assert report_exit(child.setup, Outcome("exception", ValueError("x"))) == 1
    assert len(child.heard()) == 1
    assert capfd.readouterr().err.count("ValueError: x") == 1
