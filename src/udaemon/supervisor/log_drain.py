"""Waits for the end of the logs once all daemons have stopped; after a while it names who holds one open.

Knows no daemon. A process that a daemon left behind on purpose may have its log pipe for ever (faults.md F27).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Protocol

from udaemon.system import procfs

_GRACE = 1.0
"""Seconds for logs to end after the last daemon has: what is in the pipes is with the logger within milliseconds."""

_PATIENCE = 5.0
"""Seconds, these among them, for a file that cannot be written: a disk that is full may be made room on."""

_COUNTING = 1.0
"""Seconds for the logger to count what it gives up."""


class Logger(Protocol):
    """What is asked of the logger."""

    @property
    def refusing(self) -> Collection[str]:
        """The files that cannot be written now."""

    def abandon(self) -> None:
        """Count and report what no file takes; `LogDrain.abandoned` is called then."""


class LogDrain:
    """Add it to the loop for its deadline.

    Args:
        pipes: Device and inode of each log pipe that has not ended, with its file.
        ours: Pids that may write to one and are no holders: us and the logger.
        logger: Where the pipes end.
        tell: Called with a sentence that names who holds a log.
        on_done: Called when all have ended, or have been waited for.
    """

    def __init__(
        self,
        pipes: Callable[[], dict[tuple[int, int], str]],
        ours: Callable[[], Collection[int]],
        logger: Logger,
        tell: Callable[[str], None],
        on_done: Callable[[], None],
    ) -> None:
        self.deadline: float | None = None
        self.held = False
        self._pipes = pipes
        self._ours = ours
        self._logger = logger
        self._tell = tell
        self._on_done = on_done
        self._until: float | None = None
        self._counting = False

    def wait(self) -> None:
        """All daemons rest; to be called at the end of each turn."""
        if self._counting:
            return
        if not self._pipes() and not self._logger.refusing:
            self._on_done()
        elif self._until is None:
            now = time.monotonic()
            self.deadline, self._until = now + _GRACE, now + _PATIENCE

    def expire(self, now: float) -> None:
        """Name who holds what, and wait no longer, but for a disk that is full."""
        self.deadline = None
        if self._counting:
            self._on_done()
        elif not self._logger.refusing:
            self._tell_holders()
            self._on_done()
        elif self._until is not None and now < self._until:
            self.deadline = self._until
        else:
            self._tell_holders()
            self._counting = True
            self.deadline = time.monotonic() + _COUNTING
            self._logger.abandon()

    def abandoned(self) -> None:
        """The logger has counted."""
        if self._counting:
            self._on_done()

    def _tell_holders(self) -> None:
        pipes = self._pipes()
        ours = frozenset(self._ours())
        for pid in sorted(set(procfs.pids()) - ours):
            for pipe in pipes.keys() & procfs.open_files(pid, read_ends=False):
                self.held = True
                name = procfs.comm(pid) or "?"
                self._tell(f"pid {pid} ({name}), left behind, holds {pipes[pipe]} open; no more of it is kept")
