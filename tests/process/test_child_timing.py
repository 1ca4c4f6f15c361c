"""How well a real child keeps time. Bounds are wide enough for a busy machine; benchmarks/loop.py has tight ones."""

from __future__ import annotations

import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.process.child import Child

pytestmark = pytest.mark.timing

COUNTING = """
import time, udaemon
def create(runs, takes):
    left = runs
    def task():
        nonlocal left
        print(time.monotonic())
        time.sleep(takes)
        left -= 1
        if not left: raise udaemon.StopTask
    return task
"""


def starts(child: Child) -> list[float]:
    assert child.end() == 0
    return [float(line) for line in child.lines]


def test_fifty_runs_of_50_ms_each_200_ms_take_9_8_seconds(tmp_path: Path) -> None:
    with Child(tmp_path, COUNTING, params={"runs": 50, "takes": 0.05}, sleep=0.2) as child:
        moments = starts(child)

    assert len(moments) == 50
    assert moments[-1] - moments[0] == pytest.approx(9.8, abs=0.05)


def test_min_sleep_is_kept_after_each_run(tmp_path: Path) -> None:
    with Child(tmp_path, COUNTING, params={"runs": 6, "takes": 0.05}, sleep=0.2, min_sleep=0.3) as child:
        moments = starts(child)

    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) >= 0.35
    assert sum(gaps) / len(gaps) == pytest.approx(0.35, abs=0.02)


def test_f48_an_overrun_is_not_caught_up_and_is_counted(tmp_path: Path) -> None:
    with Child(tmp_path, COUNTING, params={"runs": 5, "takes": 0.05}, sleep=0.02, min_sleep=0.01) as child:
        moments = starts(child)
        slot = child.slot()

    assert min(later - earlier for earlier, later in pairwise(moments)) >= 0.06
    assert (slot.count, slot.late) == (5, 4)
    assert slot.duration_p50 == pytest.approx(0.05, rel=0.25)


def test_i13_no_run_is_early(tmp_path: Path) -> None:
    with Child(tmp_path, COUNTING, params={"runs": 100, "takes": 0}, sleep=0.005) as child:
        moments = starts(child)

    late = [moment - moments[0] - number * 0.005 for number, moment in enumerate(moments)]
    assert min(late) > -0.001  # the first line itself is written a little after its run began


def test_pauses_and_runs_show_on_the_scoreboard(tmp_path: Path) -> None:
    code = """
import threading
def create():
    hold = threading.Event()
    def task():
        print("in-run", flush=True)
        hold.wait(0.3)
    return task
def heard(event): print("done", flush=True)
"""
    with Child(tmp_path, code, sleep=3600.0, listeners={"task_done": ("job:heard",)}) as child:
        child.wait_for("in-run")
        running = child.slot()
        child.wait_for("done")
        deadline = time.monotonic() + 5
        while child.slot().next_at is None and time.monotonic() < deadline:
            child.is_quiet_for(0.005)
        paused = child.slot()
        child.signal(signal.SIGTERM)
        child.end()

    assert running.current_started_at is not None
    assert (running.count, running.next_at) == (0, None)
    assert paused.current_started_at is None
    assert paused.next_at == pytest.approx(running.current_started_at + 3600, abs=0.001)
