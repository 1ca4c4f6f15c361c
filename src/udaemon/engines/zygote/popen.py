"""The parent's side of one process of a zygote, as multiprocessing wants it.

Knows nothing of how it is launched; its `Parent` does. Its birth may come later than `start()`.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from multiprocessing import context, util
from typing import TYPE_CHECKING, Any

from udaemon.engines.zygote.pickling import Descriptor, pack
from udaemon.system.exit_status import open_child, reap
from udaemon.waits import bounded

if TYPE_CHECKING:
    from udaemon.engines.zygote.process import ZygoteProcess
    from udaemon.engines.zygote.protocol import Origin, Parent


class Popen:
    """A process that was requested; `pid` and `sentinel`, which is a pidfd, are set once it was forked."""

    method = "zygote"
    DupFd = Descriptor

    def __init__(self, process: ZygoteProcess, parent: Parent) -> None:
        self.pid: int | None = None
        self.sentinel = -1
        self.returncode: int | None = None
        self.root: int | None = None
        """What it begins with, by its number among the roots of its zygote; None for whatever that imports."""
        self.bare: str | None = None
        """Why it is to be forked from a zygote that has imported nothing for it."""
        self.origin: Origin | None = None
        self._parent = parent
        self._closing: util.Finalize | None = None
        context.set_spawning_popen(self)  # type: ignore[arg-type]  # typeshed names the stdlib's own
        try:
            self.part = pack(process)
        finally:
            context.set_spawning_popen(None)
        parent.launch(self)

    def duplicate_for_child(self, fd: int) -> int:
        """Give the child a descriptor: all that are in what is pickled are sent along."""
        return fd

    def told(self, result: Any) -> bool:
        """Take in what a zygote says of it. Returns False where nobody knows what became of it.

        Args:
            result: A pid and 0, or 0 and an errno. No pid is believed that is not a child of ours: the zygote has run
                other people's code.
        """
        match result:
            case [0, int(number)]:
                self._parent.failed(self, f"fork: {os.strerror(number)}")
            case [int(pid), 0] if pid > 1 and (pidfd := open_child(pid)) is not None:
                self.pid, self.sentinel = pid, pidfd
                self._parent.forked(self)
            case _:
                return False
        return True

    def poll(self) -> int | None:
        """Its return code, None while it lives."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its return code, None if it lives on after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        poll = select.poll()
        poll.register(self.sentinel, select.POLLIN)
        while self.returncode is None:
            left = bounded(None if until is None else until - time.monotonic())
            if poll.poll(None if left is None else left * 1000):
                with suppress(ChildProcessError):  # another thread was faster, and notes it down at this moment
                    status = reap(self.sentinel)
                    self.returncode = None if status is None else status.returncode
                break
            if left == 0.0:
                break
        return self.returncode

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self._signal(signal.SIGKILL)

    def close_when_forgotten(self) -> None:
        """Close the pidfd with the last reference to this, as other start methods do; in this process alone."""
        self._closing = util.Finalize(self, os.close, (self.sentinel,))

    def close(self) -> None:
        """Close the pidfd."""
        if self.sentinel >= 0:
            if self._closing is not None:
                self._closing()
            else:
                os.close(self.sentinel)
            self.sentinel = -1

    def _signal(self, number: int) -> None:
        if self.returncode is None:
            try:
                signal.pidfd_send_signal(self.sentinel, number)
            except ProcessLookupError:
                self.poll()
