"""The loop, walked without a clock or a process."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.loop_world import World

from udaemon.child.loop import Outcome, Steps, run_steps
from udaemon.child.recorder import Recorder
from udaemon.child.report import Reporter
from udaemon.child.signals import Signals
from udaemon.child.task import TaskEvent


@pytest.mark.parametrize(
    ("sleep", "min_sleep", "period"),
    [(0.2, 0.0, 0.2), (0.2, 0.3, 0.35), (0.0, 0.1, 0.15), (0.02, 0.0, 0.05), (0.02, 0.01, 0.06), (0.0, 0.0, 0.05)],
)
def test_runs_follow_the_legacy_librarys_rhythm(sleep: float, min_sleep: float, period: float) -> None:
    world = World(sleep=sleep, min_sleep=min_sleep, runs=6)

    assert world.play() == Outcome("task-stopped")
    assert world.gaps() == pytest.approx([period] * 5)


def test_nothing_is_waited_for_when_nothing_is_left_to_wait() -> None:
    world = World(sleep=0.02)

    world.play()

    assert world.said == []


def test_a_course_may_be_asked_to_pause_always() -> None:
    world = World(sleep=0.02)
    steps = Steps(
        world.run,
        sleep=0,
        min_sleep=0,
        flags=world.signals,
        recorder=world.recorder,
        clock=world.clock,
        always_pause=True,
    )

    assert run_steps(steps, world.wait) == Outcome("task-stopped")
    assert world.said == ["waits"] * 3
    assert world.gaps() == pytest.approx([0.05, 0.05])


def test_each_run_is_told_also_the_one_that_raised_stop_task() -> None:
    world = World(sleep=0.2, runs=2)

    world.play()

    assert [(e.kind, e.run_id, e.stopping, e.error) for e in world.events] == [
        ("task_done", 1, False, None),
        ("task_done", 2, True, None),
    ]
    assert [e.duration for e in world.events] == pytest.approx([0.05, 0.05])
    assert [e.lateness for e in world.events] == pytest.approx([0.0, 0.0])
    assert (world.slot().count, world.slot().failed, world.slot().last_outcome) == (2, 0, "ok")


def test_an_overrun_is_told_as_lateness_and_counted() -> None:
    world = World(sleep=0.02, min_sleep=0.01)

    world.play()

    assert [e.lateness for e in world.events] == pytest.approx([0.0, 0.04, 0.04])
    assert world.slot().late == 2


def test_a_stop_in_a_run_lets_it_finish_and_tells_that_it_was_the_last() -> None:
    world = World(sleep=0.2, runs=9)
    world.in_run[2] = lambda: world.signals.on_stop(15)

    assert world.play() == Outcome("stopped")
    assert len(world.starts) == 2
    assert [e.stopping for e in world.events] == [False, True]


def test_a_stop_in_a_pause_ends_it_at_once() -> None:
    world = World(sleep=0.2, runs=9)
    world.in_pause[2] = lambda: world.signals.on_stop(3)

    assert world.play() == Outcome("stopped")
    assert len(world.starts) == 2
    assert world.now == pytest.approx(1000.0 + 0.2 + 0.05 + 0.075)


def test_a_stop_before_the_first_run_means_no_run() -> None:
    world = World()
    world.signals.on_stop(15)

    assert world.play() == Outcome("stopped")
    assert world.starts == []


def test_an_exception_ends_the_loop_and_is_told() -> None:
    world = World(sleep=0.2)
    error = ValueError("no")

    def fail() -> None:
        raise error

    world.in_run[2] = fail

    assert world.play() == Outcome("exception", error)
    assert [(e.kind, e.run_id, e.error) for e in world.events] == [("task_done", 1, None), ("task_failed", 2, error)]
    assert (world.slot().count, world.slot().failed, world.slot().last_outcome) == (2, 1, "failed")


@pytest.mark.parametrize(("code", "kind"), [(0, "task_done"), (None, "task_done"), (3, "task_failed")])
def test_sys_exit_in_a_run_leaves_and_fails_only_if_it_says_so(code: int | None, kind: str) -> None:
    world = World()
    leave = SystemExit(code)

    def fail() -> None:
        raise leave

    world.in_run[1] = fail

    assert world.play() == Outcome("exited", leave)
    assert [e.kind for e in world.events] == [kind]


def test_once_is_one_run() -> None:
    world = World(sleep=0.2)

    assert world.play(once=True) == Outcome("stopped")
    assert [e.stopping for e in world.events] == [True]


def test_a_hook_is_called_in_the_pause_and_does_not_shorten_it() -> None:
    world = World(sleep=0.2)
    world.signals.hooks = {1: lambda: world.said.append("hangup")}
    world.in_pause[1] = lambda: world.signals.on_other(1)

    world.play()

    assert world.said == ["waits", "hangup", "waits", "waits"]
    assert world.gaps() == pytest.approx([0.2, 0.2])


def test_a_signal_in_a_run_is_kept_until_it_is_over() -> None:
    world = World(sleep=0.2, runs=2)
    world.signals.hooks = {10: lambda: world.said.append("user1")}

    def thrice() -> None:
        for _ in range(3):
            world.signals.on_other(10)

    world.in_run[1] = thrice

    world.play()

    assert world.said == ["user1", "waits"]


def test_a_hook_the_task_does_not_have_is_ignored() -> None:
    world = World(sleep=0.2, runs=2)
    world.in_pause[1] = lambda: world.signals.on_other(1)

    world.play()

    assert world.gaps() == pytest.approx([0.2])


def test_an_exception_in_a_hook_ends_the_daemon_as_one_in_a_run() -> None:
    world = World(sleep=0.2)
    error = ValueError("hook")

    def fail() -> None:
        raise error

    world.signals.hooks = {1: fail}
    world.in_pause[1] = lambda: world.signals.on_other(1)

    assert world.play() == Outcome("exception", error)
    assert world.slot().failed == 0


def test_a_coroutine_from_a_plain_function_is_refused() -> None:
    async def late() -> None: ...

    world = World()
    made = late()
    steps = Steps(lambda: made, sleep=0, min_sleep=0, flags=world.signals, recorder=world.recorder, clock=world.clock)

    outcome = run_steps(steps, world.wait)
    made.close()

    assert outcome.reason == "exception"
    assert "write it as `async def do_task`" in str(outcome.error)


def test_a_listener_that_raises_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(runs=2)
    heard: list[TaskEvent] = []

    def broken(_event: TaskEvent) -> None:
        raise ValueError("ears")

    world.recorder = Recorder("mailer", 0, world.writer, Reporter(None), {"task_done": (broken, heard.append)})

    assert world.play() == Outcome("task-stopped")
    assert len(heard) == 2
    assert "ValueError: ears\n(in a listener to task_done; the daemon goes on)" in capsys.readouterr().err


@pytest.mark.parametrize("other", [signal.SIGQUIT, signal.SIGHUP])
def test_at_a_terminal_a_second_term_or_int_hurries_and_no_other_signal_does(other: int) -> None:
    """A terminal that hangs up sends HUP, and so does the shell that hears of it."""
    world = World()

    for number in (other, signal.SIGTERM, other):
        world.signals.on_stop(number)
    assert world.said == []
    world.signals.on_stop(signal.SIGINT)

    assert world.said == ["killed"]


def test_under_a_supervisor_no_signal_hurries() -> None:
    """Whoever signals all processes of a unit sends TERM here too, and so does the supervisor."""
    signals = Signals()

    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        signals.on_stop(number)

    assert signals.stopping


def test_f1_a_term_that_the_dead_supervisors_pipe_repeats_is_no_second_request() -> None:
    said: list[str] = []
    signals = Signals(parent_gone=lambda: True, hurry=lambda: said.append("killed"))

    for _ in range(3):
        signals.on_stop(15)

    assert said == []
    assert signals.stopping


@given(
    st.floats(0, 10),
    st.floats(0, 10),
    st.lists(st.floats(0.001, 30), min_size=1, max_size=30),
    st.lists(st.floats(0, 20), min_size=30, max_size=30),
)
def test_i13_i16_runs_never_overlap_come_early_or_cut_a_pause_short(
    sleep: float, min_sleep: float, durations: list[float], delays: list[float]
) -> None:
    world = World(sleep=sleep, min_sleep=min_sleep, runs=len(durations))
    ends: list[float] = []
    late = iter(delays)

    def run() -> None:
        world.takes = durations[len(world.starts)]
        try:
            World.run(world)
        finally:
            ends.append(world.now)

    def wait(due: float) -> None:
        world.now = due + next(late)  # the kernel, or a SIGSTOP, may hold us up

    steps = Steps(
        run, sleep=sleep, min_sleep=min_sleep, flags=world.signals, recorder=world.recorder, clock=world.clock
    )

    assert run_steps(steps, wait) == Outcome("task-stopped")
    assert len(world.starts) == len(world.events) == world.slot().count == len(durations)
    for end, start, event in zip(ends, world.starts[1:], world.events[1:], strict=False):
        assert start >= end + min_sleep
        assert event.lateness is not None
        assert event.lateness >= 0
