"""Starts that are executed one after the other, for a moment in each turn of the loop.

Knows nothing of what is executed. A program of its own takes its parent a millisecond, and more the more descriptors it
has: thousands of them in one turn would leave operators, logs and daemons unheard for so long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from udaemon.engines.base import CANCELLED
from udaemon.engines.commands import ExecFailed
from udaemon.engines.local_request import LocalRequest
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system.kernel import KERNEL, Kernel

SLICE = 0.05
"""Seconds of a turn."""

_AT_ONCE = 0.0


class ExecQueue:
    """What is still to be executed, in the order in which it was asked for.

    Args:
        execute: Executes one; it owns its descriptors then.
        refuse: Called with each that is not to be executed any more, and why; it owns them too.
        kernel: Has the clock.
    """

    def __init__(
        self,
        execute: Callable[[LocalRequest], None],
        refuse: Callable[[LocalRequest, Exception], None],
        kernel: Kernel = KERNEL,
    ) -> None:
        self._execute = execute
        self._refuse = refuse
        self._kernel = kernel
        self._waiting: OrderedDict[Key, LocalRequest] = OrderedDict()

    @property
    def deadline(self) -> float | None:
        """In the next turn, where any is left."""
        return _AT_ONCE if self._waiting else None

    def add(self, requests: Iterable[LocalRequest]) -> None:
        """Execute these behind the others: now, as far as the time of this turn goes."""
        idle = not self._waiting
        self._waiting.update((request.key, request) for request in requests)
        if idle:
            self.expire(self._kernel.now())

    def expire(self, now: float) -> None:
        """Go on for another moment from now on."""
        while self._waiting:
            self._execute(self._next())
            if self._kernel.now() >= now + SLICE:
                return

    def cancel(self, key: Key) -> None:
        """Do without one that has not been executed yet."""
        if key in self._waiting:
            self._cancel(self._waiting.pop(key))

    def close(self) -> None:
        """Do without all of them."""
        while self._waiting:
            self._cancel(self._next())

    def _next(self) -> LocalRequest:
        return self._waiting.popitem(last=False)[1]

    def _cancel(self, request: LocalRequest) -> None:
        self._refuse(request, ExecFailed(CANCELLED, Trouble.RESOURCE))
