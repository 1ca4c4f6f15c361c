"""The parent's side of one process of a zygote, as multiprocessing wants it.

Knows nothing of how it is launched or waited for; `Launch` does. ForkRequest may come later than `start()`.
"""

from __future__ import annotations

import os
import signal
from multiprocessing import context, reduction
from multiprocessing.process import BaseProcess
from typing import Protocol

from udaemon.engines.origin import Origin
from udaemon.engines.zygote.inherited import Place


class Popen:
    """A process that was asked for; `pid` and `sentinel`, which is a pidfd, are there once it was born."""

    method = "zygote"
    DupFd = Place

    def __init__(self, process: BaseProcess, launch: Launch) -> None:
        self.pid: int | None = None
        self.sentinel = -1
        self.returncode: int | None = None
        self.fds: list[int] = []
        self.root: int | None = None
        """What it begins with, by its number among the roots of its zygote; None for whatever that imports."""
        self.bare: str | None = None
        """Why it is to be forked from a zygote that has imported nothing for it."""
        self.origin: Origin | None = None
        self._launch = launch
        context.set_spawning_popen(self)  # type: ignore[arg-type]  # typeshed names the stdlib's own
        try:
            self.payload = bytes(reduction.ForkingPickler.dumps(process))
        finally:
            context.set_spawning_popen(None)
        launch.launch(self)

    def duplicate_for_child(self, fd: int) -> int:
        """Take a descriptor along. Returns its place among those of this process."""
        self.fds.append(fd)
        return len(self.fds) - 1

    def forked(self, pid: int, pidfd: int) -> None:
        """It exists; the pidfd is closed with it."""
        self.pid, self.sentinel = pid, pidfd

    def poll(self) -> int | None:
        """Its return code, None while it lives. Asked of every process whenever one is started."""
        return self.returncode if self._launch.tells else self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its return code, None if it lives on after `timeout` seconds."""
        if self.returncode is None:
            self.returncode = self._launch.wait(self, timeout)
        return self.returncode

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the pidfd."""
        if self.sentinel >= 0:
            os.close(self.sentinel)
            self.sentinel = -1

    def _signal(self, number: int) -> None:
        if self.returncode is None and self.sentinel >= 0:
            try:
                signal.pidfd_send_signal(self.sentinel, number)
            except ProcessLookupError:
                self.poll()


class Launch(Protocol):
    """What brings processes of a zygote to life, and knows when they end."""

    tells: bool
    """Whether it sets `returncode` by itself."""

    def launch(self, popen: Popen) -> None:
        """Have it born, now or later."""

    def wait(self, popen: Popen, timeout: float | None) -> int | None:
        """Its return code, None if it lives on after `timeout` seconds."""
