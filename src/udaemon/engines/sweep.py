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

from udaemon.engines.base import Reactor
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

    def go_on(self) -> None:
        """Look for them."""
        for pid in self._kernel.holders(self._strangers(), self._locks):
            try:
                pidfd = self._kernel.open(pid)
            except OSError:  # no descriptor to watch it by
                self._kernel.kill(pid)
                continue
            try:
                self._reactor.watch(pidfd, partial(self._on_end, pidfd))
            except OSError:  # no memory to watch it
                os.close(pidfd)
                self._kernel.kill(pid)
                continue
            self._dying += 1
            with suppress(OSError):
                self._kernel.send(pidfd, signal.SIGKILL)
        if not self._dying:
            self._on_done(self)

    def _on_end(self, pidfd: int) -> None:
        if self._kernel.reap(pidfd) is None:
            return
        self._reactor.forget(pidfd)
        os.close(pidfd)
        self._dying -= 1
        if not self._dying:
            self.go_on()
