"""A small loop for tests: it runs callbacks and timers until something is true, or fails at a deadline.

Knows nothing of what it runs. It has the methods of the supervisor's loop that engines, logs and control use.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

Callback = Callable[[], None]


class Timed(Protocol):
    """Something with one deadline of its own, as an engine is."""

    @property
    def deadline(self) -> float | None: ...

    def expire(self, now: float) -> None: ...


class SmallReactor:
    """Watches fds for reading and writing; `add` gives it deadlines to keep."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._timed: list[Timed] = []
        self.turns = 0

    def watch(self, fd: int, callback: Callback) -> None:
        self._readers[fd] = callback
        self._register(fd)

    def watch_writable(self, fd: int, callback: Callback) -> None:
        self._writers[fd] = callback
        self._register(fd)

    def forget(self, fd: int) -> None:
        self._readers.pop(fd, None)
        self._writers.pop(fd, None)
        self._register(fd)

    def forget_writable(self, fd: int) -> None:
        self._writers.pop(fd, None)
        self._register(fd)

    def add(self, timed: Timed) -> None:
        self._timed.append(timed)

    @property
    def watched(self) -> frozenset[int]:
        """The fds that are still watched, for a test of leaks."""
        return frozenset(self._readers) | frozenset(self._writers)

    def run_until(self, predicate: Callable[[], object], deadline: float = 10.0) -> None:
        """Run until `predicate()` is true.

        Raises:
            TimeoutError: It was not true within `deadline` seconds.
        """
        until = time.monotonic() + deadline
        while not predicate():
            if time.monotonic() >= until:
                raise TimeoutError(f"not within {deadline} s: {predicate}")
            self.turn(until)

    def turn(self, until: float) -> None:
        """Wait once, at most to the monotonic time `until`, and handle what came."""
        self.turns += 1
        wake = min([until, *(timed.deadline for timed in self._timed if timed.deadline is not None)])
        for key, mask in self._selector.select(max(0.0, wake - time.monotonic())):
            if mask & selectors.EVENT_READ and key.fd in self._readers:
                self._readers[key.fd]()
            if mask & selectors.EVENT_WRITE and key.fd in self._writers:
                self._writers[key.fd]()
        now = time.monotonic()
        for timed in self._timed:
            if timed.deadline is not None and timed.deadline <= now:
                timed.expire(now)

    def close(self) -> None:
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _register(self, fd: int) -> None:
        mask = (selectors.EVENT_READ if fd in self._readers else 0) | (
            selectors.EVENT_WRITE if fd in self._writers else 0
        )
        known = fd in self._selector.get_map()
        if mask and known:
            self._selector.modify(fd, mask)
        elif mask:
            self._selector.register(fd, mask)
        elif known:
            self._selector.unregister(fd)
