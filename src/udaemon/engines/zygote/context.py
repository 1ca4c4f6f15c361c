"""The start method "zygote" for use by itself: `ZygoteContext().Process(target=f).start()`, as with any context.

Knows nothing of daemons. The zygote is started with the first process; this process becomes a subreaper, as the
processes of a zygote are to be its own children.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

from udaemon.child.lifeline import Lifeline
from udaemon.engines.status import reap
from udaemon.engines.subreaper import become_subreaper
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.process import ZygoteProcess
from udaemon.engines.zygote.protocol import Timeouts
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
    """

    _name = "zygote"

    def __init__(self, preload: Sequence[str] = (), timeouts: Timeouts = _TIMEOUTS) -> None:
        self._preload = tuple(preload)
        self._timeouts = timeouts
        self._home: _Home | None = None

    def Process(self, *args: Any, **kwargs: Any) -> ZygoteProcess:  # noqa: N802
        """A process object, not started yet; arguments as for `multiprocessing.Process`."""
        if self._home is None:
            self._home = _Home(self._preload, self._timeouts)
        return ZygoteProcess(self._home, *args, **kwargs)

    def close(self) -> None:
        """End the zygote. Processes that were started are not touched."""
        if self._home is not None:
            self._home.close()
            self._home = None


class _Home:
    """Launches processes one at a time, and waits for each birth and end where it is asked for."""

    tells = False

    def __init__(self, preload: tuple[str, ...], timeouts: Timeouts) -> None:
        become_subreaper()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._poll = select.poll()
        self._trouble: str | None = None
        self._starter = Starter()
        self._lifeline = Lifeline.own()
        path = tuple(entry for entry in sys.path if entry)
        setup = Setup(dict(os.environ), os.getcwd(), path, own=(), roots=(Root((), preload),))
        plan = Plan(output=2, common=(self._lifeline.fd,), setup=setup)
        self._zygotes = ZygoteClient(partial(ZygoteConnection, self, self._starter), plan, self, timeouts)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        self._callbacks[fd] = callback
        self._poll.register(fd, select.POLLIN)

    def forget(self, fd: int) -> None:
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def launch(self, popen: Popen) -> None:
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
        status = reap(popen.sentinel)
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
        self._lifeline.let_go()


def _left(until: float | None) -> float | None:
    return None if until is None else until - time.monotonic()
