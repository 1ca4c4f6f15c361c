"""The parent of a context that is used by itself: one process at a time, and it waits for each.

Knows nothing of what the processes do. It is its own event loop while it waits.
"""

from __future__ import annotations

import os
import selectors
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from udaemon.child.lifeline import Lifeline
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.program import describe
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.system.subreaper import subreaper
from udaemon.waits import bounded


class BlockingParent:
    """Starts processes one at a time, and waits for each birth and end where it is asked for. Any thread may ask.

    Args:
        preload: What its zygote imports.
        timeouts: After how long that is given up.

    Raises:
        RuntimeError: The main module starts processes when it is imported.
    """

    def __init__(self, preload: tuple[str, ...], timeouts: Timeouts) -> None:
        program = describe()
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._trouble: str | None = None
        self._starter = Starter()
        self._lifeline = _lifeline()
        path = tuple(entry for entry in sys.path if entry)
        setup = Setup(dict(os.environ), os.getcwd(), path, own=(), roots=(Root((), preload),), program=program)
        plan = Plan(output=2, common=(self._lifeline.fd,), setup=setup, stdout=1)
        self._zygotes = ZygoteClient(partial(ZygoteConnection, self, self._starter), plan, self, timeouts)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call `callback` whenever `fd` is readable, while this waits."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def forget(self, fd: int) -> None:
        """Stop that."""
        self._selector.unregister(fd)

    def launch(self, popen: Popen) -> None:
        """Have it forked, and wait until it was.

        Raises:
            OSError: It was not.
        """
        # Only for the length of this: who is one for ever has to reap whatever his descendants leave behind.
        with self._lock, subreaper():
            self._trouble = None
            self._zygotes.add([popen])
            while popen.pid is None and self._trouble is None:
                deadline = self._zygotes.deadline
                left = bounded(None if deadline is None else deadline - time.monotonic())
                for key, _ in self._selector.select(left):
                    key.data()
                self._zygotes.expire(time.monotonic())
            if popen.pid is None:
                raise OSError(self._trouble)

    def forked(self, popen: Popen) -> None:
        """It exists, as `launch` sees by its pid."""
        popen.close_when_forgotten()

    def failed(self, popen: Popen, message: str) -> None:  # noqa: ARG002 - there is only one
        """It does not exist."""
        self._trouble = message

    def lost(self, popens: Sequence[Popen], message: str) -> None:  # noqa: ARG002
        """Nobody knows whether it exists."""
        self._trouble = message

    def notice(self, message: str) -> None:
        """Told to whoever reads our standard error."""
        print(message, file=sys.stderr)

    def close(self) -> None:
        """End the zygote."""
        self._zygotes.close()
        self._starter.close()
        self._selector.close()


_own: list[tuple[int, Lifeline]] = []
_making = threading.Lock()


def _lifeline() -> Lifeline:
    """The one of this process. It is kept as long as that: its end tells the children that we have gone."""
    with _making:
        if not _own or _own[0][0] != os.getpid():  # a fork of us is not what ends with us
            _own[:] = [(os.getpid(), Lifeline.own())]
        return _own[0][1]
