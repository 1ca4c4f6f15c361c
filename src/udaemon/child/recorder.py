"""Records each run in the scoreboard, calls the listeners, and reports a failure to the supervisor.

Knows nothing of when runs happen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from udaemon.child.after_run import TELLS
from udaemon.child.forked import leave_if_forked
from udaemon.child.memory import rss_peak
from udaemon.child.report import GOOD_RUN, Missed, Reporter, RunFailed, RunOver
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.task import StopTask, TaskEvent
from udaemon.child.telling import last_line, show_exception

Listener = Callable[[TaskEvent], Any]
Listeners = Listener | Iterable[Listener]
"""One listener, or several in their order."""


def listed(listeners: Listeners) -> tuple[Listener, ...]:
    """One listener, or several, as a tuple."""
    return (listeners,) if callable(listeners) else tuple(listeners)


def is_failure(error: BaseException | None) -> bool:
    """False for a run that returned, and for the two ways of saying "enough": StopTask and sys.exit(0)."""
    if isinstance(error, SystemExit):
        return error.code not in (None, 0)
    return error is not None and not isinstance(error, StopTask)


class Recorder:
    """Keeps one instance's runs on record.

    Listeners look on: an exception in one is printed with its traceback and changes nothing. One that is marked with
    `steers` ends the daemon by it, and any does by `event.stop()`: `ended_by` says so then.
    """

    def __init__(
        self,
        name: str,
        instance: int,
        writer: SlotWriter,
        reporter: Reporter,
        listeners: Mapping[str, tuple[Listener, ...]],
    ) -> None:
        self.writer = writer
        self._name = name
        self._instance = instance
        self._reporter = reporter
        self.listeners = listeners
        self.ended_by: BaseException | None = None
        self.had_good_run = False
        self.tells_missed = False

    @property
    def listens(self) -> bool:
        """Whether there are listeners to every run, or somebody else has to know of each."""
        return bool(self.listeners.get("task_done")) or bool(self.writer.words[TELLS])

    def start(self) -> None:
        """Call the listeners to `start`."""
        self._notify(TaskEvent("start", self._name, self._instance))

    def ended(
        self, started: float, ended: float, lateness: float, error: BaseException | None, *, stopping: bool
    ) -> None:
        """Record a run that returned or raised, and call the listeners."""
        failed = is_failure(error)
        if failed:
            self.writer.failed(started, ended)
        else:
            self.writer.done(started, ended)
            if not self.had_good_run:
                self.good_run()
        if self.writer.words[TELLS]:
            self._reporter.send(RunOver(self.writer.count, not failed))
        if failed and error is not None:
            self._reporter.send(RunFailed(self.writer.count, last_line(error)))
        kind = "task_failed" if failed else "task_done"
        if self.listeners.get(kind):
            self._notify(
                TaskEvent(
                    kind,
                    self._name,
                    self._instance,
                    run_id=self.writer.count,
                    started=time.time() - (time.monotonic() - started),
                    duration=ended - started,
                    lateness=lateness,
                    stopping=stopping or error is not None,
                    error=error if failed else None,
                )
            )

    def good_run(self) -> None:
        """Tell of the first good run of this process; whoever waits for one need not look again and again."""
        self.had_good_run = True
        self._reporter.send(GOOD_RUN)

    def missed(self, count: int) -> None:
        """Record due times that no run will serve."""
        self.writer.miss(count)
        if self.tells_missed:
            self._reporter.send(Missed(count))

    def paused(self, due: float) -> None:
        """Record when the next run is due."""
        self.writer.paused(due, rss_peak())

    def _notify(self, event: TaskEvent) -> None:
        for listener in self.listeners.get(event.kind, ()):
            raised: BaseException | None = None
            try:
                listener(event)
            except BaseException as error:  # noqa: BLE001 - sys.exit and Ctrl-C are as good as any other here
                raised = error
            leave_if_forked(raised)
            if raised is not None and getattr(listener, "steers", False):
                self.ended_by = raised
                return
            if raised is not None:
                show_exception(raised, f"(in a listener to {event.kind}; the daemon goes on)")
        if event.stops:
            self.ended_by = StopTask()
