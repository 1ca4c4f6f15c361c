"""The end of the logs, once all daemons have stopped: waited for a while, then told who holds one open.

Knows no daemon. A process that a daemon left behind on purpose may have its log pipe for ever (faults.md F27).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection

from udaemon.engines.locks import open_files

_GRACE = 1.0
"""Seconds for logs to end after the last daemon has: what is in the pipes is with the logger within milliseconds."""


class LastWords:
    """Add it to the loop for its deadline.

    Args:
        pipes: Device and inode of each log pipe that has not ended, with its file.
        ours: Pids that have the pipes open and are no holders: us and the logger.
        tell: Told in a sentence who holds a log.
        on_done: Called when all have ended, or have been waited for.
    """

    def __init__(
        self,
        pipes: Callable[[], dict[tuple[int, int], str]],
        ours: Callable[[], Collection[int]],
        tell: Callable[[str], None],
        on_done: Callable[[], None],
    ) -> None:
        self.deadline: float | None = None
        self.held = False
        self._pipes = pipes
        self._ours = ours
        self._tell = tell
        self._on_done = on_done

    def wait(self) -> None:
        """All daemons rest; to be called at the end of each turn."""
        if not self._pipes():
            self._on_done()
        elif self.deadline is None:
            self.deadline = time.monotonic() + _GRACE

    def expire(self, _now: float) -> None:
        """Say who holds what, and wait no longer."""
        self.deadline = None
        pipes = self._pipes()
        ours = frozenset(self._ours())
        for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in ours):
            for pipe in open_files(pid) & pipes.keys():
                self.held = True
                self._tell(f"pid {pid} ({_name(pid)}), left behind, holds {pipes[pipe]} open; no more of it is kept")
        self._on_done()


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"
