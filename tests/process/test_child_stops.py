"""Signals and pauses: how a factory daemon is stopped, and what a stop must not do."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path

import pytest
from tests.process.child import SLEEPER, Child

from udaemon.child.report import Leaving, ReadyReport

FINISHES = """
import threading
def create(context):
    def task():
        print("begins", flush=True)
        while not context.stopping: threading.Event().wait(0.01)
        print("stopping", flush=True)
        threading.Event().wait(0.3)
        print("ends", flush=True)
    return task
"""


def test_ready_then_runs_then_a_clean_stop(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.reports == [ReadyReport(), Leaving("stopped", None)]
        assert (child.slot().pid, child.slot().count) == (child.process.pid, 1)
        assert child.slot().rss_peak is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_stop_ends_a_pause_at_once(number: int, tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        asked = time.monotonic()
        child.signal(number)
        code = child.end()

        assert code == 0
        assert time.monotonic() - asked < 0.5  # 0.05 on a machine of its own: benchmarks/loop.py


def test_a_stop_lets_a_run_finish_and_task_done_is_told(tmp_path: Path) -> None:
    code = """
import threading
def create(context):
    def task():
        print("begins", flush=True)
        threading.Event().wait(1)
        print("ends", context.stopping, flush=True)
    return task
def heard(event):
    print(event.kind, event.run_id, event.stopping, event.duration > 0.9, flush=True)
"""
    with Child(tmp_path, code, sleep=5.0, listeners={"task_done": ("job:heard",)}) as child:
        child.wait_for("begins")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["begins", "ends True", "task_done 1 True True"]
        assert child.slot().last_outcome == "ok"


def test_a_stop_ends_a_pause_also_when_the_task_started_threads(tmp_path: Path) -> None:
    """The kernel may give the signal to any thread that does not block it."""
    code = """
import threading
def create():
    stay = threading.Event()
    for _ in range(4):
        threading.Thread(target=stay.wait, daemon=True).start()
    return lambda: print("ran", flush=True)
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGTERM)

        assert child.end() == 0


def test_a_second_term_does_not_cut_the_run_short(tmp_path: Path) -> None:
    """As when the sender of the first is systemd, or a person, and the supervisor that of the second."""
    with Child(tmp_path, FINISHES) as child:
        child.wait_for("begins")
        child.signal(signal.SIGTERM)
        child.wait_for("stopping")
        child.signal(signal.SIGTERM)
        child.signal(signal.SIGINT)

        assert child.end() == 0
        assert child.lines[-1] == "ends"


def test_f1_the_death_of_the_supervisor_stops_it(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        child.cut_leash()

        assert child.end() == 0


def test_f1_the_run_under_way_is_finished_though_the_pipe_signals_again(tmp_path: Path) -> None:
    """The kernel signals at each close of a read end while there is no writer: once for each of our siblings."""
    with Child(tmp_path, FINISHES) as child:
        child.wait_for("begins")
        child.cut_leash()
        child.wait_for("stopping")
        child.sibling_leaves()

        assert child.end() == 0
        assert child.lines == ["begins", "stopping", "ends"]


def test_f1_a_supervisor_that_was_dead_before_is_noticed(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.cut_leash()

        assert child.end() == 0


def test_hooks_run_between_runs_and_do_not_shorten_a_pause(tmp_path: Path) -> None:
    code = """
class Task:
    def do_task(self): print("ran", flush=True)
    def on_hangup(self): print("hangup", flush=True)
    def on_user1(self): print("user1", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("ran")
        for number, text in ((signal.SIGHUP, "hangup"), (signal.SIGUSR1, "user1"), (signal.SIGHUP, "hangup")):
            child.signal(number)
            child.wait_for(text, child.output.count(text.encode()) + 1)
        child.signal(signal.SIGUSR2)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["ran", "hangup", "user1", "hangup"]


def test_f62_a_term_that_comes_while_signals_are_blocked_is_a_stop(tmp_path: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = Child(tmp_path, SLEEPER, sleep=3600.0)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    with child:
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.reports == [Leaving("stopped", None)]


def test_f5_a_child_that_was_stopped_for_long_does_not_catch_up(tmp_path: Path) -> None:
    code = """
import time
def create():
    return lambda: print("ran", time.monotonic(), flush=True)
"""
    with Child(tmp_path, code, sleep=0.1) as child:
        child.wait_for("ran", 2)
        child.signal(signal.SIGSTOP)
        os.waitid(os.P_PIDFD, child.pidfd, os.WSTOPPED)
        assert child.is_quiet_for(0.6)
        child.signal(signal.SIGCONT)
        child.wait_for("ran", 6)
        child.wait_for("\n", 6)

        moments = [float(line.split()[1]) for line in child.lines]
        gaps = [b - a for a, b in itertools.pairwise(moments)]
        assert gaps[1] > 0.5
        assert min(gaps[2:5]) > 0.05
