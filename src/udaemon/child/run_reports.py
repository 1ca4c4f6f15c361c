"""Reports good runs to the supervisor, where somebody there is to be told of them, and no more than can be told.

Knows nothing of who that is. A loop may have a million runs a second: what is beyond the measure is counted, not sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from udaemon.child.report import Reporter, RunDone
from udaemon.child.task import TaskEvent

_A_SECOND, _AT_ONCE = 50.0, 100.0
"""Reports in the long run, and in a burst."""
_UNREAD = 64 * 1024
"""Bytes: what is behind them is kept free for what must not be lost, such as why the process ends."""


class RunReports:
    """A listener to `task_done`."""

    def __init__(self, reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._reporter = reporter
        self._clock = clock
        self._left = _AT_ONCE
        self._at = clock()

    def __call__(self, event: TaskEvent) -> None:
        """Report it, or count it."""
        now = self._clock()
        self._left = min(_AT_ONCE, self._left + (now - self._at) * _A_SECOND)
        self._at = now
        if self._left < 1 or self._reporter.unread() > _UNREAD:
            self._reporter.untold += 1
            return
        self._left -= 1
        run = (event.run_id or 0, event.started or 0.0, event.duration or 0.0, event.lateness or 0.0)
        self._reporter.send(RunDone(*run))
