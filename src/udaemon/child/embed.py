"""One task in the program that calls: the loop of a daemon's process without a manifest, a supervisor or a process.

Knows nothing of logs and restarts; the program's directory, environment and streams stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from udaemon.child.book import Book, Listener
from udaemon.child.build import built_of
from udaemon.child.foreground import TerminalSignals
from udaemon.child.forked import protect
from udaemon.child.process import run_loop
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.spec import Pace
from udaemon.child.task import Task


def run(
    task: Task | Callable[[], Any],
    *,
    sleep: float = 0.0,
    min_sleep: float = 0.0,
    name: str = "task",
    once: bool = False,
    memory_limit: int | None = None,
    memory_threshold: float = 70.0,
    on_start: Iterable[Listener] = (),
    on_task_done: Iterable[Listener] = (),
    on_task_failed: Iterable[Listener] = (),
) -> str:
    """Run a task until it ends or TERM, QUIT or INT asks it to: the run under way is finished first.

    Call it in the main thread: only there can Python take signals. They are given back at the end.

    Args:
        task: An object with `do_task`, or a function; plain or async.
        sleep: Seconds from start of run to start of run, 0 for no period.
        min_sleep: Seconds of the shortest pause after a run.
        name: What listeners are told.
        once: End after one run.
        memory_limit: Bytes; above `memory_threshold` percent of it, looked at after each run, it ends.
        memory_threshold: Percent of `memory_limit`.
        on_start: Called before the first run, each with a `TaskEvent`.
        on_task_done: Called after each run that returned.
        on_task_failed: Called with the exception of a run.

    Returns:
        Why it ended: `stopped`, `task-stopped` (StopTask) or `memory`.

    Raises:
        BaseException: Whatever left a run.
        Misconfigured: The task is none.
    """
    built = built_of(task, name)
    listeners = {
        "start": tuple(on_start),
        "task_done": tuple(on_task_done),
        "task_failed": tuple(on_task_failed),
    }
    writer = SlotWriter.anonymous()
    book = Book(name, 0, writer, Reporter(None), listeners)
    pace = Pace(sleep, min_sleep, memory_limit, memory_threshold)
    signals = TerminalSignals()
    signals.hooks = built.hooks
    signals.install()
    protect(signals.cut_off, writer.cut_off)
    try:
        book.start()
        outcome = run_loop(pace, built, signals, book, once=once)
    finally:
        protect()
        signals.uninstall()
    if outcome.error is not None:
        raise outcome.error
    return outcome.reason
