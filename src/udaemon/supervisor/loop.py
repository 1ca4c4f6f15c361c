"""The one loop: it sleeps until a file descriptor, a signal or the earliest deadline wants something.

Knows nothing of daemons. Whatever is readable is handled before any deadline, so that a supervisor that was itself
stopped for a while sees what has happened meanwhile before it judges anybody late. No exception ends the loop, and none
makes it give up a descriptor or a deadline for good: what fails again and again rests for a second at a time.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Protocol

from udaemon.waits import bounded

Callback = Callable[[], None]

_TOO_MANY_FAILURES = 5
"""What raises this often in a row would spin the loop: it is not called again before it has rested."""
_REST = 1.0
"""Seconds. What it failed for, memory mostly, may be there again."""
_BREATH = 0.1
"""Seconds to the next try where the kernel would not even let us wait."""


class Waits(Protocol):
    """Something with one deadline of its own."""

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called; None for never."""

    def expire(self, now: float) -> None:
        """Do what was due at the deadline."""


class _Health:
    """How often in a row a callback has failed, and until when it rests."""

    def __init__(self) -> None:
        self.failures = 0
        self.rests_until: float | None = None


class Loop:
    """Watches file descriptors and deadlines, and turns signals into calls.

    Args:
        on_error: Called inside the handler of an exception that a callback let escape, with what it belongs to.
        selector: Waits for descriptors; this closes it. None for the system's best.
        clock: Returns monotonic seconds, those of all deadlines.
    """

    def __init__(
        self,
        on_error: Callable[[str], None],
        *,
        selector: selectors.BaseSelector | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._selector = selectors.DefaultSelector() if selector is None else selector
        self._clock = clock
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._masks: dict[int, int] = {}
        self._ailing: dict[int, _Health] = {}
        self._signals: dict[int, Callback] = {}
        self._waits: list[tuple[Waits, _Health]] = []
        self._afterwards: list[Callback] = []
        self._on_error = on_error
        self._again_at: float | None = None
        self._running = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._wake_read, self._on_wake)

    def watch(self, fd: int, callback: Callback) -> None:
        """Call `callback` whenever `fd` is readable or hung up. Where that cannot be, nothing has changed."""
        self._add(self._readers, fd, callback)

    def watch_writable(self, fd: int, callback: Callback) -> None:
        """Call `callback` whenever `fd` takes more. Where that cannot be, nothing has changed."""
        self._add(self._writers, fd, callback)

    def forget_writable(self, fd: int) -> None:
        """Stop asking whether `fd` takes more."""
        self._writers.pop(fd, None)
        self._register(fd)

    def forget(self, fd: int) -> None:
        """Stop watching `fd`; call it before the fd is closed."""
        self._readers.pop(fd, None)
        self._writers.pop(fd, None)
        self._ailing.pop(fd, None)
        self._register(fd)

    def on_signal(self, number: int, callback: Callback) -> None:
        """Call `callback` from the loop after a signal came; several that came together may count as one."""
        self._signals[number] = callback
        signal.signal(number, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)

    def add(self, waits: Waits) -> None:
        """Keep this one's deadline too."""
        self._waits.append((waits, _Health()))

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
        for selected, mask in self._selected():
            fd: int = selected.fd
            if mask & selectors.EVENT_READ and fd in self._readers:
                self._call(fd, self._readers[fd])
            if mask & selectors.EVENT_WRITE and fd in self._writers:
                self._call(fd, self._writers[fd])
        self._wake_rested(self._clock())
        for waits, health in self._waits:
            self._expire(waits, health, self._clock())
        self._again_at = None
        for callback in self._afterwards:
            if not self._guard("the end of a turn", callback):
                self._again_at = self._clock() + _REST

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
        if fd in self._ailing and self._ailing[fd].rests_until is not None:
            mask = 0
        before = self._masks.get(fd, 0)
        if mask == before:
            return
        if not mask:
            self._selector.unregister(fd)
            del self._masks[fd]
            return
        if before:
            self._selector.modify(fd, mask)
        else:
            self._selector.register(fd, mask)
        self._masks[fd] = mask

    def _add(self, callbacks: dict[int, Callback], fd: int, callback: Callback) -> None:
        before = callbacks.get(fd)
        callbacks[fd] = callback
        try:
            self._register(fd)
        except BaseException:
            if before is None:
                del callbacks[fd]
            else:
                callbacks[fd] = before
            raise

    def _selected(self) -> Iterable[tuple[selectors.SelectorKey, int]]:
        selected: Iterable[tuple[selectors.SelectorKey, int]] = ()

        def wait() -> None:
            nonlocal selected
            selected = self._selector.select(bounded(self._left()))

        if not self._guard("the wait", wait):
            time.sleep(_BREATH)
        return selected

    def _left(self) -> float | None:
        """Seconds to the earliest deadline, None where there is none."""
        moments = [] if self._again_at is None else [self._again_at]
        moments += [health.rests_until for health in self._ailing.values() if health.rests_until is not None]
        moments += [at for waits, health in self._waits if (at := self._deadline(waits, health)) is not None]
        return min(moments) - self._clock() if moments else None

    def _deadline(self, waits: Waits, health: _Health) -> float | None:
        """When to look at it again; one that cannot even say so is asked again later."""
        if health.rests_until is not None:
            return health.rests_until
        deadline: float | None = None

        def ask() -> None:
            nonlocal deadline
            deadline = waits.deadline

        if self._guard("a deadline", ask):
            return deadline
        health.rests_until = self._clock() + _REST
        return health.rests_until

    def _expire(self, waits: Waits, health: _Health, now: float) -> None:
        if health.rests_until is not None and health.rests_until <= now:
            health.rests_until = None
        deadline = self._deadline(waits, health)
        if deadline is None or deadline > now:
            return
        if self._guard("a deadline", partial(waits.expire, now)):
            health.failures = 0
        else:
            self._note_failure(health)

    def _call(self, fd: int, callback: Callback) -> None:
        if self._guard(f"fd {fd}", callback):
            self._ailing.pop(fd, None)
            return
        if fd not in self._readers and fd not in self._writers:
            return
        health = self._ailing.setdefault(fd, _Health())
        self._note_failure(health)
        if health.rests_until is not None:
            self._register(fd)

    def _note_failure(self, health: _Health) -> None:
        health.failures += 1
        if health.failures >= _TOO_MANY_FAILURES:
            health.rests_until = self._clock() + _REST

    def _wake_rested(self, now: float) -> None:
        for fd, health in tuple(self._ailing.items()):
            if health.rests_until is not None and health.rests_until <= now:
                health.rests_until = None
                self._register(fd)

    def _guard(self, what: str, callback: Callback) -> bool:
        try:
            callback()
        except Exception:  # noqa: BLE001 - a bug in one handler must not end every daemon
            with suppress(Exception):  # without memory even logging fails
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
                self._guard(f"signal {number}", self._signals[number])
