"""The supervisor's end of the runner of hooks: bounded queues of events, and a runner when there is one to tell.

Knows no daemon. A hook is told one event at a time, in order; what comes faster than it takes them is dropped and
counted. A runner that dies is started anew and given again what it had. Nothing here waits, but for the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from udaemon.engines.base import WritableReactor
from udaemon.engines.helper_process import AGAIN_AFTER, HelperProcess
from udaemon.engines.hooks.queues import QUEUED, Delivery, HookQueue, Make
from udaemon.engines.verdict import Verdict
from udaemon.units import counted, form
from udaemon.waits import earliest

QUEUED_IN_ALL = 5000
AT_ONCE = 16
"""Events that are being told at a time: each may take a process or a connection."""
_TRIES = 3
"""Runners that may die over one event."""
_LAST, _AT_THE_END = 3.0, 1.0
"""Seconds that what is left has at the end, and that the runner then has to end what it runs."""


class HookLink:
    """Has events told. Add it to the loop for its `deadline`.

    Args:
        reactor: Watches the socket.
        clock: Monotonic seconds.
        on_trouble: Called with a sentence when a hook fails, falls behind, or the runner dies.
    """

    def __init__(self, reactor: WritableReactor, clock: Callable[[], float], on_trouble: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_trouble = on_trouble
        self._queues: dict[Hashable, HookQueue] = {}
        self._ready: deque[HookQueue] = deque()
        self._told: dict[int, Delivery] = {}
        self._waiting = 0
        self._numbers = 0
        self._runner = HelperProcess(
            "udaemon.engines.hooks.runner", reactor, on_verdict=self._answered, on_death=self._died
        )
        self._start_at: float | None = None
        self._dropping: set[HookQueue] = set()

    @property
    def pid(self) -> int | None:
        """The runner."""
        return self._runner.pid

    @property
    def deadline(self) -> float | None:
        """The next start of a runner, the end of a burst of drops, or the moment at which the runner is given up."""
        ends = (queue.burst_ends for queue in self._dropping)
        return earliest(self._start_at, *(one.until for one in self._told.values()), *ends)

    @property
    def is_idle(self) -> bool:
        """Whether every event was told."""
        return not (self._told or self._ready)

    def tell(self, hook: Hashable, name: str, make: Make) -> None:
        """Have an event told.

        Args:
            hook: Whose queue it stands in.
            name: What it is called where it is in trouble; no secret.
            make: Makes the job when it is its turn; its number is set here.
        """
        queue = self._queues.get(hook)
        if queue is None:
            queue = self._queues[hook] = HookQueue(name)
        if len(queue.waiting) >= QUEUED or self._waiting >= QUEUED_IN_ALL:
            self._drop(queue, 1)
            return
        queue.waiting.append(make)
        self._waiting += 1
        if queue.told is None and len(queue.waiting) == 1:
            self._ready.append(queue)
            self._send_next()

    def dropped(self, hook: Hashable, name: str, count: int) -> None:
        """Count events of a hook that somebody else has dropped."""
        queue = self._queues.setdefault(hook, HookQueue(name))
        self._drop(queue, count)

    def expire(self, now: float) -> None:
        """Do what is due."""
        for queue in tuple(self._dropping):
            if queue.burst_ends is not None and queue.burst_ends <= now:
                self._tell_drops(queue)
        if any(one.until <= now for one in self._told.values()):
            self._runner.give_up("answers no more")
        if self._start_at is not None and self._start_at <= now:
            self._start_at = None
            if self._told or self._ready:
                self._start()

    def close(self) -> None:
        """Give what is left a moment, then end the runner."""
        until = self._clock() + _LAST
        while not self.is_idle and self._runner.is_there and (left := until - self._clock()) > 0:
            self._runner.drain(left)
        for queue in tuple(self._dropping):
            self._tell_drops(queue)
        left_over = self._waiting + len(self._told)
        if left_over:
            events = f"{counted(left_over, 'event')} {form(left_over, 'was', 'were')}"
            self._on_trouble(f"{events} not told by hooks, as their supervisor ends")
        self._queues.clear()
        self._ready.clear()
        self._told.clear()
        self._waiting = 0
        self._start_at = None
        self._runner.let_end(_AT_THE_END)
        self._runner.end()

    def _drop(self, queue: HookQueue, count: int) -> None:
        queue.drop(count, self._clock())
        self._dropping.add(queue)

    def _tell_drops(self, queue: HookQueue) -> None:
        count, queue.dropped = queue.dropped, 0
        self._dropping.discard(queue)
        dropped = f"{counted(count, 'event')} {form(count, 'was', 'were')} dropped"
        self._on_trouble(f"{queue.name}: {dropped}, as they came faster than it takes them")

    def _send_next(self) -> None:
        """Give the runner what it has room for; start it where there is none."""
        if not self._runner.is_there:
            if self._start_at is None and self._ready:
                self._start()
            return
        while self._ready and len(self._told) < AT_ONCE:
            queue = self._ready.popleft()
            make = queue.waiting.popleft()
            self._waiting -= 1
            self._numbers += 1
            job = make()._replace(id=self._numbers)
            queue.told = self._told[job.id] = Delivery(queue, job, self._clock() + job.longest)
            self._runner.send(*job)

    def _start(self) -> None:
        if not self._runner.start():
            self._start_at = self._clock() + AGAIN_AFTER
            return
        for one in tuple(self._told.values()):
            one.until = self._clock() + one.job.longest
            self._runner.send(*one.job)
        self._send_next()

    def _answered(self, verdict: Verdict) -> None:
        if (one := self._told.pop(verdict.number, None)) is None:
            return
        queue = one.queue
        queue.told = None
        if verdict.ok:
            if queue.failures:
                self._on_trouble(
                    f"{queue.name}: works again, after {counted(queue.failures, 'event')} that could not be told"
                )
            queue.failures = 0
        else:
            self._failed(queue, verdict.reason)
        if queue.waiting:
            self._ready.append(queue)
        self._send_next()

    def _failed(self, queue: HookQueue, reason: str) -> None:
        if (told := queue.failed(reason)) is not None:
            self._on_trouble(told)

    def _died(self, how: str) -> None:
        self._on_trouble(f"the runner of hooks {how}, and is started again")
        self._start_at = self._clock() + AGAIN_AFTER
        for number, one in tuple(self._told.items()):
            one.until = self._start_at + one.job.longest
            one.runners += 1
            if one.runners > _TRIES:
                del self._told[number]
                one.queue.told = None
                self._failed(one.queue, f"{_TRIES} runners have died over it")
                if one.queue.waiting:
                    self._ready.append(one.queue)
