"""The start method "zygote", as a context of multiprocessing: `ZygoteContext().Process(target=f).start()`.

Knows nothing of daemons. Whoever has an event loop gives it a parent of his own; by itself it waits for each start, and
its zygote is started with the first process.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import BaseContext
from typing import Any

from udaemon.engines.status import reap
from udaemon.engines.subreaper import subreaper
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.process import ZygoteProcess
from udaemon.engines.zygote.protocol import Parent, Timeouts
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.waits import bounded

_TIMEOUTS = Timeouts()


class ZygoteContext(BaseContext):
    """A multiprocessing context whose processes are forked from one that has imported `preload` once.

    Args:
        preload: Names of modules, imported in this order.
        timeouts: After how long a zygote that does not answer is given up.
        parent: Has zygotes of its own, starts the processes and waits for them.
    """

    _name = "zygote"

    def __init__(
        self, preload: Sequence[str] = (), timeouts: Timeouts = _TIMEOUTS, *, parent: Parent | None = None
    ) -> None:
        self._preload = tuple(preload)
        self._timeouts = timeouts
        self._parent = parent
        self._waiting: _WaitingParent | None = None
        self._lock = threading.Lock()

    def Process(self, *args: Any, **kwargs: Any) -> ZygoteProcess:  # noqa: N802
        """A process object, not started yet; arguments as for `multiprocessing.Process`."""
        return ZygoteProcess(self._parent or self._own_parent(), *args, **kwargs)

    def close(self) -> None:
        """End the zygote. Processes that were started are not touched."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.close()
                self._waiting = None

    def _own_parent(self) -> _WaitingParent:
        with self._lock:
            if self._waiting is None or self._waiting.pid != os.getpid():  # a fork of us needs a zygote of its own
                self._waiting = _WaitingParent(self._preload, self._timeouts)
            return self._waiting


class _WaitingParent:
    """Starts processes one at a time, and waits for each birth and end where it is asked for. Any thread may ask."""

    def __init__(self, preload: tuple[str, ...], timeouts: Timeouts) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._poll = select.poll()
        self._trouble: str | None = None
        self._starter = Starter()
        self._sentinel, self._alive = os.pipe2(os.O_CLOEXEC)
        path = tuple(entry for entry in sys.path if entry)
        setup = Setup(dict(os.environ), os.getcwd(), path, own=(), roots=(Root((), preload),))
        plan = Plan(output=2, common=(self._sentinel,), setup=setup)
        self._zygotes = ZygoteClient(self, self._starter, plan, self, timeouts)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        self._callbacks[fd] = callback
        self._poll.register(fd, select.POLLIN)

    def forget(self, fd: int) -> None:
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def launch(self, popen: Popen) -> None:
        # Only for the length of this: who is one for ever has to reap whatever his descendants leave behind.
        with self._lock, subreaper():
            self._trouble = None
            self._zygotes.add([popen])
            while popen.pid is None and self._trouble is None:
                left = bounded(_left(self._zygotes.deadline))
                for fd, _ in self._poll.poll(None if left is None else left * 1000):
                    if fd in self._callbacks:
                        self._callbacks[fd]()
                self._zygotes.expire(time.monotonic())
            if popen.pid is None:
                raise OSError(self._trouble)

    def wait(self, popen: Popen, timeout: float | None) -> int | None:
        poll = select.poll()
        poll.register(popen.sentinel, select.POLLIN)
        until = None if timeout is None else time.monotonic() + timeout
        while not poll.poll(None if (left := bounded(_left(until))) is None else left * 1000):
            if left == 0.0:
                return None
        try:
            status = reap(popen.sentinel)
        except ChildProcessError:  # another thread was faster, and notes it down at this moment
            return popen.returncode
        return None if status is None else status.returncode

    def forked(self, popen: Popen) -> None:
        pass

    def failed(self, popen: Popen, message: str) -> None:  # noqa: ARG002 - there is only one
        self._trouble = message

    def lost(self, popens: Sequence[Popen], message: str) -> None:  # noqa: ARG002
        self._trouble = message

    def notice(self, message: str) -> None:
        print(message, file=sys.stderr)

    def close(self) -> None:
        self._zygotes.close()
        self._starter.close()
        os.close(self._sentinel)  # not the other end: its closing tells the children that we are gone


def _left(until: float | None) -> float | None:
    return None if until is None else until - time.monotonic()
