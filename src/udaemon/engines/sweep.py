"""Kills processes that may or may not exist: they are found by the locks that they got.

Knows nothing of why that is unknown. A lock is held by nobody else: so what has it open among our unknown
children is one of them, or the process that was about to fork them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial

from udaemon.engines.base import LOOK_AGAIN, Reactor
from udaemon.system.kernel import KERNEL, Kernel


class Sweep:
    """Kills them, and what re-parents to us when they end, until no one has a lock.

    Args:
        reactor: Where their ends are watched.
        strangers: Returns children of ours that are not known.
        locks: Device and inode of each lock.
        on_done: Called when all have gone; it may be called at once.
        kernel: Asked for everything about processes.
    """

    def __init__(
        self,
        reactor: Reactor,
        strangers: Callable[[], Collection[int]],
        locks: Collection[tuple[int, ...]],
        on_done: Callable[[Sweep], None],
        kernel: Kernel = KERNEL,
    ) -> None:
        self._reactor = reactor
        self._strangers = strangers
        self._locks = locks
        self._on_done = on_done
        self._kernel = kernel
        self._dying = 0
        self.deadline: float | None = None
        """When `expire` wants to be called, None for never."""

    def go_on(self) -> None:
        """Look for them."""
        self.deadline = None
        unwatched = False
        try:
            found = [*self._kernel.holders(self._strangers(), self._locks)]
        except OSError:  # no memory for the list
            found, unwatched = [], True
        for pid in found:
            try:
                pidfd = self._watched(pid)
            except ProcessLookupError:
                continue
            except OSError:  # it is killed all the same; that it has gone is seen when it is found no more
                self._kernel.kill(pid)
                unwatched = True
                continue
            self._dying += 1
            with suppress(OSError):
                self._kernel.send(pidfd, signal.SIGKILL)
        if self._dying:
            return
        if unwatched:
            self.deadline = self._kernel.now() + LOOK_AGAIN
        else:
            self._on_done(self)

    def expire(self, now: float) -> None:
        """Look again where that is due."""
        if self.deadline is not None and self.deadline <= now:
            self.go_on()

    def _watched(self, pid: int) -> int:
        """A pidfd of a process, whose end is watched.

        Raises:
            ProcessLookupError: It has gone.
            OSError: There is no descriptor, or no memory to watch it.
        """
        pidfd = self._kernel.open(pid)
        try:
            self._reactor.watch(pidfd, partial(self._on_end, pidfd))
        except BaseException:
            os.close(pidfd)
            raise
        return pidfd

    def _on_end(self, pidfd: int) -> None:
        if self._kernel.reap(pidfd) is None:
            return
        self._reactor.forget(pidfd)
        os.close(pidfd)
        self._dying -= 1
        if not self._dying:
            self.go_on()
