"""Reaps processes that re-parented to us and belong to no instance.

Knows nothing of whose they were. Not while a batch is forked: a child that exited at once is unknown until its pid is
reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from udaemon.engines.base import LOOK_AGAIN
from udaemon.system.kernel import Kernel


class Orphans:
    """Reaps them when it is told that some child has ended, or as soon as that can be done.

    Args:
        strangers: Returns children of ours that are not known, or raises OSError for want of memory.
        forking: Whether a batch is under way.
        kernel: Reaps them.
    """

    def __init__(self, strangers: Callable[[], Collection[int]], forking: Callable[[], bool], kernel: Kernel) -> None:
        self._strangers = strangers
        self._forking = forking
        self._kernel = kernel
        self._due: float | None = None

    @property
    def deadline(self) -> float | None:
        """When to look again, None for never."""
        return None if self._forking() else self._due

    def expire(self, now: float) -> None:
        """Look again where that is due."""
        if self._due is not None and self._due <= now:
            self.reap()

    def reap(self) -> None:
        """Reap those that have ended."""
        self._due = self._kernel.now() if self._forking() else None
        if self._due is not None:
            return
        try:
            for pid in self._strangers() if self._kernel.has_zombie() else ():
                self._kernel.reap_pid(pid)
        except OSError:
            self._due = self._kernel.now() + LOOK_AGAIN
