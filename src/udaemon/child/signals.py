"""A child's signal handlers: stop after this run, call a hook between runs, or, the second time, exit now.

Knows nothing of runs. The handlers only set flags; the loop checks them between runs, and a wait ends at once.

Why a wait uses a wake-up descriptor and not `sigtimedwait`: with the signals blocked in this thread the kernel gives
them to any other thread that the task has started, and a `sigtimedwait` here sleeps on. The byte that Python's C
handler writes arrives whichever thread took the signal, and also in the instant between the last look and the call.
"""

from __future__ import annotations

# The wrappers in `signal` turn numbers into enums and back, which touches pages that a fresh fork shares.
import _signal  # type: ignore[import-not-found]
import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, sleep
from types import FrameType
from typing import Any

from udaemon.child.echoes import Echoes
from udaemon.system.file_identity import identity
from udaemon.system.readable import wait_readable
from udaemon.waits import LONGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.system.wall_timer import WallTimer

STOPS = (int(signal.SIGTERM), int(signal.SIGQUIT), int(signal.SIGINT))
HURRIES = (int(signal.SIGTERM), int(signal.SIGINT))
OTHERS = (int(signal.SIGHUP), int(signal.SIGUSR1), int(signal.SIGUSR2))
NUDGE = int(signal.SIGURG)
"""Has a child look into its slot now. Sent to one that has no handler yet it does nothing (signal(7))."""
HANDLED = (*STOPS, *OTHERS, NUDGE)
# The kernel lets select be late by a thousandth of its time-out, and never by less than the timer slack of 50 us.
PRECISE = 0.05


def _nothing() -> None:
    """Do nothing: there is no event loop to wake."""


class Signals:
    """Signal handlers and the flags that they set. `attention` is true when the loop has something to do between runs.

    `notify` is called by the handlers whenever a flag was set: an event loop hangs its wake-up here. `timer` ends a
    wait at a time of the wall clock, and when that clock is set.
    """

    def __init__(
        self,
        *,
        parent_gone: Callable[[], bool] = lambda: False,
        hurry: Callable[[], object] = _nothing,
    ) -> None:
        self.attention = False
        self.stopping = False
        self.notify: Callable[[], object] = _nothing
        self.hooks: Mapping[int, Callable[[], Any]] = {}
        self.passed_on_to = -1
        self.asked_to_stop: Callable[[], bool] = bool  # False
        self.pace_changed: Callable[[], bool] = bool
        self.has_wishes: Callable[[], bool] = bool
        self.timer: WallTimer | None = None
        self.parent_gone = parent_gone
        self._hurry = hurry
        self._asked_to_end = False
        self._echoes = Echoes()
        self._pending: list[int] = []
        self._pipe: tuple[int, int] | None = None
        self._pipe_is: list[tuple[int, int]] = []
        self._former: dict[int, Any] = {}

    def install(self) -> None:
        """Take over the signals that docs/guide/tasks.md has, "Signals".

        HUP, USR1 and USR2 get a handler also where the task has no hook: an ignored signal would stay ignored in
        programs that the task starts, a handled one does not.
        """
        for number in STOPS:
            self._former[number] = _signal.signal(number, self.on_stop)
        for number in (*OTHERS, NUDGE):
            self._former[number] = _signal.signal(number, self.on_other)
        _signal.siginterrupt(NUDGE, False)  # no call of a library is to fail for it

    def uninstall(self) -> None:
        """Restore the former handlers."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        if self._pipe is not None:
            signal.set_wakeup_fd(-1)
            self._close_pipe(self._pipe)

    def cut_off(self) -> None:
        """In a process that the task has forked: give up all signals that are ours, as Python has them by itself."""
        self.attention = True  # the loop shall look up if this process comes back to it
        for number, handler in self._former.items():
            if _signal.getsignal(number) in (self.on_stop, self.on_other):
                plain = number == signal.SIGINT and handler == _signal.SIG_DFL
                _signal.signal(number, signal.default_int_handler if plain else handler)
        if self._pipe is not None:
            former = signal.set_wakeup_fd(-1)
            if former not in (-1, self._pipe[1]):
                with suppress(ValueError, OSError):
                    signal.set_wakeup_fd(former, warn_on_full_buffer=False)
            self._close_pipe(self._pipe)

    def on_stop(self, number: int, _frame: FrameType | None = None) -> None:
        """TERM, QUIT, INT: leave after this run. At a terminal, a second TERM or INT hurries.

        Under a supervisor it does not, as that kills by itself whom it has to: systemd sends TERM to all processes of
        a unit, so it comes here once from there and once from the supervisor, and the pipe of a supervisor that has
        died signals TERM for each child that closes its end.
        """
        if number in HURRIES and not self._echoes.is_echo(number, monotonic()):
            if self._asked_to_end and not self.parent_gone():
                self._hurry()
            self._asked_to_end = True
        self.stopping = True
        self.attention = True
        self.notify()

    def on_other(self, number: int, _frame: FrameType | None = None) -> None:
        """HUP, USR1, USR2: remember to call the task's hook between runs, if it has one. A nudge only ends the wait."""
        if number in self.hooks and number not in self._pending:
            self._pending.append(number)
            self.attention = True
            self.notify()

    def take_hook(self) -> Callable[[], Any] | None:
        """The next hook to call, None when all are done."""
        if self._pending:
            return self.hooks[self._pending.pop(0)]
        # Cleared first and set again by need, never assigned from a test: a signal in between would lose its mark.
        self.attention = False
        if self.stopping or self._pending:
            self.attention = True
        return None

    def look(self) -> bool:
        """Return whether to stop: asked by a signal, or in the slot, as the task may handle TERM itself.

        Another pace in the slot, a pause and a kick are something to attend to, too.
        """
        if self.pace_changed() or self.has_wishes():
            self.attention = True
        if not self.stopping and self.asked_to_stop():
            self.stopping = True
            self.attention = True
        return self.stopping

    def wake_fd(self) -> int:
        """A descriptor that becomes readable when a signal arrives. Ask anew for each wait: libraries take it over."""
        if self._pipe is not None and [identity(fd) for fd in self._pipe] != self._pipe_is:
            self._pipe = None  # the task has closed it, and the numbers may be those of files of its own
        if self._pipe is None:
            reader, writer = os.pipe()
            os.set_blocking(reader, False)
            os.set_blocking(writer, False)
            self._pipe = reader, writer
            self._pipe_is = [identity(reader), identity(writer)]
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        return self._pipe[0]

    def wait(self, due: float) -> None:
        """Sleep until `due` (monotonic seconds) or until there is something to attend to."""
        left = due - monotonic()
        if left <= 0:
            return
        former = signal.set_wakeup_fd(-1)
        fd = self.wake_fd()
        self.look()  # a nudge that came just before left no byte in it
        timer = self.timer
        fds = [fd] if timer is None else [fd, timer.fd]
        while left > 0 and not self.attention:
            ready = _readable(fds, left if left < PRECISE else min(left * 0.99, LONGEST))
            if fd in ready:
                with suppress(BlockingIOError):
                    os.read(fd, 512)
                self.look()
            if timer is not None and timer.fd in ready:
                timer.clear()
                self.attention = True
            left = due - monotonic()
        # Set for the wait alone: in a run the number may become that of a file of the task's.
        with suppress(ValueError, OSError):  # it was closed meanwhile
            signal.set_wakeup_fd(former, warn_on_full_buffer=False)

    def _close_pipe(self, pipe: tuple[int, int]) -> None:
        """Close what is still ours of it: the task may have closed it and opened files of its own."""
        for fd, was in zip(pipe, self._pipe_is, strict=True):
            if identity(fd) == was:
                os.close(fd)
        self._pipe = None


def _readable(fds: Sequence[int], seconds: float) -> Sequence[int]:
    """Those that are readable within so many seconds, which select(2) takes to the microsecond.

    It takes no number beyond 1023, and a task may have a thousand files open. poll(2) takes whole milliseconds: the
    rest of one is slept.
    """
    try:
        return select.select(fds, [], [], seconds)[0]  # noqa: TID251
    except ValueError:
        ready = wait_readable(*fds, timeout=int(seconds * 1000) / 1000)
        if not ready and seconds < 1e-3:
            sleep(seconds)
        return ready
