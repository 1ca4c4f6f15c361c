"""One task in the program that calls: the loop of a daemon's process without a manifest, a supervisor or a process.

Knows nothing of logs and restarts; the program's directory, environment and streams stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from udaemon.child.build import built_of
from udaemon.child.foreground import TerminalSignals
from udaemon.child.forked import protect
from udaemon.child.process import loop_of
from udaemon.child.recorder import Listeners, Recorder, listed
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.spec import Pace
from udaemon.child.task import Task
from udaemon.manifest.measures import parse_duration, parse_size


class End(StrEnum):
    """Why `run` came to its end."""

    STOPPED = "stopped"
    """TERM, QUIT or INT asked for it, a listener did, or it was for one run."""
    TASK_STOPPED = "task-stopped"
    """The task raised StopTask."""
    MEMORY = "memory"
    """The process has grown above `memory_threshold` percent of `memory_limit`."""


def run(
    task: Task | Callable[[], Any],
    *,
    sleep: float | str = 0.0,
    min_sleep: float | str = 0.0,
    name: str = "task",
    once: bool = False,
    memory_limit: int | str | None = None,
    memory_threshold: float = 70.0,
    on_start: Listeners = (),
    on_task_done: Listeners = (),
    on_task_failed: Listeners = (),
) -> End:
    """Run a task until it ends or TERM, QUIT or INT asks it to: the run under way is finished first.

    Call it in the main thread: only there can Python take signals. They are given back at the end.

    Args:
        task: An object with `do_task`, or a function; plain or async.
        sleep: Seconds or "1m30s" from start of run to start of run, 0 for no period.
        min_sleep: The same for the shortest pause after a run.
        name: What listeners are told.
        once: End after one run.
        memory_limit: Bytes or "256M", -1 for none; above `memory_threshold` percent of it after a run it ends.
        memory_threshold: Percent of `memory_limit`.
        on_start: Called before the first run with a `TaskEvent`: one listener or several.
        on_task_done: Called after each run that returned.
        on_task_failed: Called with the exception of a run.

    Returns:
        Why it ended.

    Raises:
        BaseException: Whatever left a run.
        Misconfigured: The task is none.
        ValueError: A duration or a size is none, or negative.
    """
    built = built_of(task, name)
    listeners = {
        "start": listed(on_start),
        "task_done": listed(on_task_done),
        "task_failed": listed(on_task_failed),
    }
    writer = SlotWriter.anonymous()
    recorder = Recorder(name, 0, writer, Reporter(None), listeners)
    limit = _parsed_size("memory_limit", memory_limit)
    pace = Pace(_parsed_duration("sleep", sleep), _parsed_duration("min_sleep", min_sleep), limit, memory_threshold)
    signals = TerminalSignals()
    signals.hooks = built.hooks
    signals.install()
    protect(signals.cut_off, writer.cut_off)
    try:
        recorder.start()
        outcome = loop_of(pace, built, signals, recorder, once=once)()
    finally:
        protect()
        signals.uninstall()
    if outcome.error is not None:
        raise outcome.error
    return End(outcome.reason)


def _parsed_duration(name: str, value: float | str) -> float:
    """A duration as the manifest has it."""
    seconds = parse_duration(value) if isinstance(value, str) else float(value)
    if seconds is None or not 0 <= seconds < float("inf"):
        raise ValueError(f'{name}: {value!r} is no duration; write seconds, or "500ms", "1m30s"')
    return seconds


def _parsed_size(name: str, value: int | str | None) -> int | None:
    """A size as the manifest has it."""
    if value in {None, -1, "-1"}:
        return None
    size = parse_size(value) if isinstance(value, str) else value
    if size is None or size <= 0:
        raise ValueError(f'{name}: {value!r} is no size; write bytes, or "256M", or -1 for no limit')
    return size
