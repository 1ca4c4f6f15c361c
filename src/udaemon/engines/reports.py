"""What children say over their sockets: that they are ready, that a run failed, why they leave.

Knows nothing of processes. A child that speaks nonsense is not listened to any more, and is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from udaemon.child.report import Leaving, ReadyReport, RunFailed
from udaemon.engines.base import Reactor
from udaemon.engines.living import Living
from udaemon.policy.instance import Key

_CHUNK = 65536


class Reports:
    """Listens to every child.

    Args:
        reactor: Where their sockets are watched.
        on_ready: Told when one has built its task.
        on_leaving: Told when one has said that it ends.
    """

    def __init__(
        self, reactor: Reactor, on_ready: Callable[[Living], None], on_leaving: Callable[[Living], None]
    ) -> None:
        self._reactor = reactor
        self._on_ready = on_ready
        self._on_leaving = on_leaving
        self.errors: dict[Key, str] = {}

    def listen(self, living: Living) -> None:
        """Hear what a child says from now on, and what it said before."""
        if living.reports is not None:
            self._reactor.watch(living.reports.fileno(), partial(self._on_readable, living))

    def last_words(self, living: Living) -> None:
        """Hear all that a child said before it ended. A descendant may have its socket, so the end may not be seen."""
        while living.reports is not None and self._hear(living, last=True):
            pass
        self._close(living)

    def _on_readable(self, living: Living) -> None:
        self._hear(living)

    def _hear(self, living: Living, *, last: bool = False) -> bool:
        """Take in one chunk. Returns whether there may be more."""
        if living.reports is None:
            return False
        try:
            data = living.reports.recv(_CHUNK)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        except OSError:  # no memory: it is still there the next time
            return False
        for report in living.reader.feed(data):
            match report:
                case ReadyReport():
                    self._on_ready(living)
                case RunFailed(_, error):
                    self.errors[living.key] = error
                case Leaving(_, message):
                    living.leaving = report
                    if message is not None:
                        self.errors[living.key] = message
                    if not last:
                        self._on_leaving(living)
        if not data or living.reader.broken:
            self._close(living)
        return bool(data)

    def _close(self, living: Living) -> None:
        if living.reports is not None:
            self._reactor.forget(living.reports.fileno())
            living.reports.close()
            living.reports = None
