"""What asks daemons and what listens to what they say of themselves, as one part of the supervisor's process.

Knows no daemon and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from udaemon.engines.base import WritableReactor
from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.engines.notify import NotifySockets
from udaemon.engines.probing.client import ProberLink
from udaemon.policy.events import Event
from udaemon.policy.instance import Key
from udaemon.waits import earliest


class Probing:
    """The prober and the notify sockets. Add it to the loop for its `deadline`.

    Args:
        reactor: The loop.
        clock: Monotonic seconds.
        directory: Where the sockets lie.
        happen: Called with what a process says of itself.
        on_trouble: Called with a sentence when a prober has died.
        store: Keeps the sockets for who comes after this process.
    """

    def __init__(
        self,
        reactor: WritableReactor,
        clock: Callable[[], float],
        directory: str,
        happen: Callable[[Key, Event], None],
        on_trouble: Callable[[str], None],
        *,
        store: FdStore = NO_STORE,
    ) -> None:
        self.asks = ProberLink(reactor, clock, on_trouble)
        self.notify = NotifySockets(reactor, clock, directory, happen, store)

    @property
    def pid(self) -> int | None:
        """The prober's."""
        return self.asks.pid

    @property
    def deadline(self) -> float | None:
        """The earlier of both."""
        return earliest(self.asks.deadline, self.notify.deadline)

    def expire(self, now: float) -> None:
        """Do what is due."""
        for each in (self.asks, self.notify):
            if each.deadline is not None and each.deadline <= now:
                each.expire(now)

    def close(self) -> None:
        """End the prober, close the sockets."""
        self.asks.close()
        self.notify.close()
