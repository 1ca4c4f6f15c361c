"""The parent's side of one process of a zygote, as multiprocessing wants it.

Knows nothing of how it is launched or waited for; its `Parent` does. Its birth may come later than `start()`.
"""

from __future__ import annotations

import os
import signal
from multiprocessing import context
from typing import TYPE_CHECKING

from udaemon.engines.zygote.pickling import Descriptor, pack

if TYPE_CHECKING:
    from udaemon.engines.zygote.process import ZygoteProcess
    from udaemon.engines.zygote.protocol import Parent


class Popen:
    """A process that was asked for; `pid` and `sentinel`, which is a pidfd, are there once it was born."""

    method = "zygote"
    DupFd = Descriptor

    def __init__(self, process: ZygoteProcess, parent: Parent) -> None:
        self.pid: int | None = None
        self.sentinel = -1
        self.returncode: int | None = None
        self.root: int | None = None
        """What it begins with, by its number among the roots of its zygote; None for whatever that imports."""
        self._parent = parent
        context.set_spawning_popen(self)  # type: ignore[arg-type]  # typeshed names the stdlib's own
        try:
            self.part = pack(process)
        finally:
            context.set_spawning_popen(None)
        parent.launch(self)

    def duplicate_for_child(self, fd: int) -> int:
        """Give the child a descriptor: all that are in what is pickled are sent along."""
        return fd

    def forked(self, pid: int, pidfd: int) -> None:
        """It exists; the pidfd is closed with it."""
        self.pid, self.sentinel = pid, pidfd

    def poll(self) -> int | None:
        """Its return code, None while it lives. Asked of every process whenever one is started."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its return code, None if it lives on after `timeout` seconds."""
        if self.returncode is None:
            self.returncode = self._parent.wait(self, timeout)
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
