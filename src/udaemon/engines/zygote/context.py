"""The start method "zygote", as a context of multiprocessing: `ZygoteContext().Process(target=f).start()`.

Knows nothing of daemons. Whoever has an event loop gives it a parent of his own; by itself it waits for each start, and
its zygote is started with the first process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any

from udaemon.engines.zygote.process import ZygoteProcess
from udaemon.engines.zygote.protocol import Parent, Timeouts

if TYPE_CHECKING:
    from udaemon.engines.zygote.blocking import BlockingParent

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
        self._own: BlockingParent | None = None
        self._lock = threading.Lock()

    def Process(self, *args: Any, **kwargs: Any) -> ZygoteProcess:  # noqa: N802
        """A process object, not started yet; arguments as for `multiprocessing.Process`."""
        return ZygoteProcess(self._parent or self._own_parent(), *args, **kwargs)

    def close(self) -> None:
        """End the zygote. Processes that were started are not touched."""
        with self._lock:
            own, self._own = self._own, None
            if own is not None and own.pid == os.getpid():
                own.close()

    def _own_parent(self) -> BlockingParent:
        from udaemon.engines.zygote.blocking import BlockingParent  # a loop of its own needs nothing of it

        with self._lock:
            if self._own is None or self._own.pid != os.getpid():  # a fork of us needs a zygote of its own
                self._own = BlockingParent(self._preload, self._timeouts)
            return self._own
