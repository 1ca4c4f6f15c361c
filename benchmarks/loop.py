"""`python -m benchmarks.loop`: what the child's loop costs and how well it keeps time, beside loops that do less.

Knows nothing of supervisors. Everything is measured side by side in one process: quote the ratios, not the times.
"""

from __future__ import annotations

import argparse
import mmap
import os
import select
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from time import monotonic, perf_counter

from benchmarks.figures import Figure, table
from udaemon.child.back_to_back import back_to_back
from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.loop import Steps, run_steps
from udaemon.child.process import child_main
from udaemon.child.recorder import Recorder
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.signals import Signals
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.child.task import StopTask, TaskEvent
from udaemon.child.timer_slack import make_timers_precise

Task = Callable[[], None]


def counted(runs: int) -> Task:
    """A task that does nothing, so many times."""
    left = runs

    def task() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise StopTask

    return task


def bare(task: Task) -> None:
    """The task, called again and again."""
    try:
        while True:
            task()
    except StopTask:
        pass


def floor(task: Task) -> None:
    """The least a watched loop can do: the time of each run and a count, stored where others may look."""
    words = memoryview(mmap.mmap(-1, 4096)).cast("d")
    number = 0.0
    try:
        while True:
            words[1] = monotonic()
            task()
            number += 1.0
            words[0] = number
    except StopTask:
        pass


def ours(task: Task) -> None:
    """The loop of a task without pauses."""
    back_to_back(task, flags=Signals(), recorder=_recorder([]), clock=monotonic)


def overhead(runs: int, rounds: int) -> Iterator[Figure]:
    """Microseconds a run above the bare task, the least of many short rounds taken in turn."""
    least = dict.fromkeys(("bare", "floor", "udaemon"), float("inf"))
    for _ in range(rounds):
        for name, loop in (("bare", bare), ("floor", floor), ("udaemon", ours)):
            task = counted(runs)
            start = perf_counter()
            loop(task)
            least[name] = min(least[name], (perf_counter() - start) / runs * 1e6)
    above = {name: value - least["bare"] for name, value in least.items() if name != "bare"}
    yield Figure(
        "loop", f"a run of the bare task ({least['bare']:.3f}), and above it", "us", above, base=None, limit=0.5
    )


def rhythm(runs: int, sleep: float, min_sleep: float, takes: float) -> tuple[list[float], list[TaskEvent], float]:
    """Starts of runs, what listeners heard, and CPU seconds, of a task that sleeps for `takes`."""
    make_timers_precise()
    starts: list[float] = []
    events: list[TaskEvent] = []

    def task() -> None:
        starts.append(monotonic())
        if takes:
            time.sleep(takes)
        if len(starts) == runs:
            raise StopTask

    signals = Signals()
    recorder = _recorder(events)
    before = time.process_time()
    run_steps(
        Steps(task, sleep=sleep, min_sleep=min_sleep, flags=signals, recorder=recorder, clock=monotonic), signals.wait
    )
    cpu = time.process_time() - before
    signals.uninstall()
    return starts, events, cpu


def drift(runs: int) -> Iterator[Figure]:
    """A period of 10 ms and a task of 2 ms, beside the naive loop that sleeps for the rest of each period."""
    starts, events, _ = rhythm(runs + 1, 0.01, 0.0, 0.002)
    naive = _naive(runs + 1, 0.01, 0.002)
    off = {"udaemon": _off(starts, 0.01), "naive": _off(naive, 0.01)}
    yield Figure("loop", f"drift after {runs} runs", "ms", off, base=None, limit=1.0)
    late = statistics.median(event.lateness or 0.0 for event in events) * 1e6
    yield Figure("loop", "median lateness", "us", {"udaemon": late, "one select": _slack()}, base=None, limit=100)
    _, _, cpu = rhythm(200, 0.01, 0.0, 0.0)
    start = time.process_time()
    _naive(200, 0.01, 0.0)
    least = time.process_time() - start
    spent = {"udaemon": cpu / 200 * 1e6, "naive": least / 200 * 1e6}
    yield Figure("loop", "CPU a paced run, listener told", "us", spent, base=None)


def pace() -> Iterator[Figure]:
    """Two rows of docs/guide/tasks.md, "The pace": a task of 50 ms."""
    starts, _, _ = rhythm(50, 0.2, 0.0, 0.05)
    yield Figure("loop", "50 runs each 0.2 s: first to last start", "s", {"udaemon": starts[-1] - starts[0]}, base=None)
    starts, _, _ = rhythm(10, 0.2, 0.3, 0.05)
    period = (starts[-1] - starts[0]) / 9
    yield Figure("loop", "min-sleep 0.3: from start to start", "s", {"udaemon": period}, base=None)


def stop(times: int) -> Iterator[Figure]:
    """From TERM in a pause to the death of the process."""
    took = sorted(_stop_once() for _ in range(times))
    yield Figure("loop", "TERM in a pause to its end, the worst", "ms", {"udaemon": took[-1]}, base=None, limit=50)


def nothing() -> None:
    """A task for the pauses' sake."""


def _stop_once() -> float:
    ready, told = os.pipe()
    spec = ChildSpec(
        name="pauses",
        index=0,
        instances=1,
        project="benchmarks",
        context="",
        factory="benchmarks.loop:nothing",
        params={},
        env={},
        cwd="/",
        umask=0o022,
        sleep=3600.0,
        min_sleep=0.0,
        directory="/",
    )
    pid = os.fork()
    if pid == 0:
        os.write(told, b".")
        fds = ChildFds()
        os._exit(child_main(ProcessSetup(spec, fds, BatchSetup(fds).take_over(spec))))
    os.close(told)
    select.select([ready], [], [], 10)
    time.sleep(0.1)
    start = monotonic()
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    os.close(ready)
    return (monotonic() - start) * 1000


def _recorder(events: list[TaskEvent]) -> Recorder:
    writer = SlotWriter.anonymous()
    writer.attach(os.getpid())
    return Recorder("loop", 0, writer, Reporter(None), {"task_done": (events.append,)})


def _naive(runs: int, period: float, takes: float) -> list[float]:
    starts = []
    for _ in range(runs):
        starts.append(monotonic())
        if takes:
            time.sleep(takes)
        time.sleep(max(0.0, period - (monotonic() - starts[-1])))
    return starts


def _off(starts: list[float], period: float) -> float:
    return abs(starts[-1] - starts[0] - period * (len(starts) - 1)) * 1000


def _slack() -> float:
    late = []
    for _ in range(200):
        due = monotonic() + 0.005
        select.select([], [], [], 0.005)
        late.append(monotonic() - due)
    return statistics.median(late) * 1e6


def main(argv: list[str]) -> int:
    """Answer 0 when every limit is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loop", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="runs a round without pauses (default: 20000)")
    parser.add_argument("--rounds", type=int, default=60, help="rounds, the best of which counts (default: 60)")
    parser.add_argument("--paced", type=int, default=1000, help="runs for the drift (default: 1000)")
    args = parser.parse_args(argv)
    figures = [*overhead(args.runs, args.rounds), *stop(10), *drift(args.paced), *pace()]
    print(table(figures))
    return 1 if any(figure.passed() is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
