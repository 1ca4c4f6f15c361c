"""The one loop: it sleeps until a file descriptor, a signal or the earliest deadline wants something.

Knows nothing of daemons. Whatever is readable is handled before any deadline, so that a supervisor that was itself
stopped for a while sees what has happened meanwhile before it judges anybody late.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

Callback = Callable[[], None]

_TOO_MANY_FAILURES = 5
"""A callback that raises this often in a row would spin the loop for ever; its fd is let go."""


class Waits(Protocol):
    """Something with one deadline of its own."""

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called; None for never."""

    def expire(self, now: float) -> None:
        """Do what was due at the deadline."""


class Loop:
    """Watches file descriptors and deadlines, and turns signals into calls.

    Args:
        on_error: Called inside the handler of an exception that a callback let escape, with what it belongs to.
    """

    def __init__(self, on_error: Callable[[str], None]) -> None:
        self._selector = selectors.DefaultSelector()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._failures: dict[int, int] = {}
        self._signals: dict[int, Callback] = {}
        self._waits: list[Waits] = []
        self._afterwards: list[Callback] = []
        self._on_error = on_error
        self._running = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_read, self._on_wake)

    def watch(self, fd: int, callback: Callback) -> None:
        """Call `callback` whenever `fd` is readable or hung up."""
        self._readers[fd] = callback
        self._register(fd)

    def watch_writable(self, fd: int, callback: Callback) -> None:
        """Call `callback` whenever `fd` takes more."""
        self._writers[fd] = callback
        self._register(fd)

    def forget_writable(self, fd: int) -> None:
        """Stop asking whether `fd` takes more."""
        self._writers.pop(fd, None)
        self._register(fd)

    def forget(self, fd: int) -> None:
        """Stop watching `fd`; call it before the fd is closed."""
        self._readers.pop(fd, None)
        self._writers.pop(fd, None)
        self._failures.pop(fd, None)
        self._register(fd)

    def on_signal(self, number: int, callback: Callback) -> None:
        """Call `callback` from the loop after a signal came; several that came together may count as one."""
        self._signals[number] = callback
        signal.signal(number, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)

    def add(self, waits: Waits) -> None:
        """Keep this one's deadline too."""
        self._waits.append(waits)

    def afterwards(self, callback: Callback) -> None:
        """Call `callback` at the end of every turn, when all that came together has been handled."""
        self._afterwards.append(callback)

    def run(self) -> None:
        """Go on until `stop` is called."""
        self._running = True
        while self._running:
            self.turn()

    def stop(self) -> None:
        """Let `run` return once the present callback is done."""
        self._running = False

    def turn(self) -> None:
        """Wait once, and handle what came."""
        deadlines = [at for waits in self._waits if (at := waits.deadline) is not None]
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        for selected, mask in self._selector.select(timeout):
            fd: int = selected.fd
            if mask & selectors.EVENT_READ and fd in self._readers:
                self._call(fd, self._readers[fd])
            if mask & selectors.EVENT_WRITE and fd in self._writers:
                self._call(fd, self._writers[fd])
        now = time.monotonic()
        for waits in self._waits:
            deadline = waits.deadline
            if deadline is not None and deadline <= now:
                self._guard("a deadline", partial(waits.expire, now))
        for callback in self._afterwards:
            self._guard("the end of a turn", callback)

    def close(self) -> None:
        """Release the selector and the signal handlers."""
        signal.set_wakeup_fd(-1)
        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

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

    def _call(self, fd: int, callback: Callback) -> None:
        if self._guard(f"fd {fd}", callback):
            self._failures.pop(fd, None)
            return
        self._failures[fd] = self._failures.get(fd, 0) + 1
        if self._failures[fd] >= _TOO_MANY_FAILURES:
            self.forget(fd)

    def _guard(self, what: str, callback: Callback) -> bool:
        try:
            callback()
        except Exception:  # noqa: BLE001 - a bug in one handler must not end every daemon
            self._on_error(what)
            return False
        return True

    def _on_wake(self) -> None:
        numbers: Iterable[int]
        try:
            numbers = os.read(self._wake_read, 4096)
        except BlockingIOError:
            return
        for number in dict.fromkeys(numbers):
            if number in self._signals:
                self._signals[number]()
