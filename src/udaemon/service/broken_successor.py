"""What a keeper does while no supervisor comes to stand: why is written down, and a stop is carried out all the same.

Knows no daemon: a child is a process.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress

from udaemon.engines.fd_store import KEPT_LOGGER, KEPT_STDERR
from udaemon.system import procfs
from udaemon.system.readable import wait_readable

_STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
_STANDS_WITHIN = 10.0
"""Seconds that a supervisor has to come and take a stop that waits for it."""
_ENDS_WITHIN = 10.0
"""Seconds from TERM to KILL where nobody knows any longer what a daemon was given."""
_MOST = 64 * 1024
"""Bytes of what was said that are kept: one after the other says the same."""


class BrokenSuccessor:
    """One keeper's side of it.

    Args:
        store: What is kept: facts and descriptor of each name.
        wake: Readable when a signal has come.
    """

    def __init__(self, store: Mapping[str, tuple[tuple[str, ...], int]], wake: int) -> None:
        self._store = store
        self._wake = wake
        self._said_before = 0
        self._signals: list[int] = []
        self._stop_by: float | None = None

    def put_off(self, number: int) -> None:
        """Have a signal wait for a supervisor that stands."""
        self._signals.append(number)
        if number in _STOPS and self._stop_by is None:
            self._stop_by = time.monotonic() + _STANDS_WITHIN

    def stands(self) -> list[int]:
        """One stands: it gets these signals."""
        signals, self._signals, self._stop_by = self._signals, [], None
        return signals

    @property
    def is_stop_asked(self) -> bool:
        """Whether a stop waits."""
        return self._stop_by is not None

    @property
    def patience(self) -> float | None:
        """Milliseconds for the present one to stand; None for any number."""
        return None if self._stop_by is None else max(0.0, (self._stop_by - time.monotonic()) * 1000)

    def stderr(self) -> int:
        """Where the next one shall write."""
        if KEPT_STDERR not in self._store:
            return 2
        fd = self._store[KEPT_STDERR][1]
        with suppress(OSError):
            if os.fstat(fd).st_size > _MOST:
                os.ftruncate(fd, 0)
            self._said_before = os.fstat(fd).st_size
        return fd

    def note(self, text: str) -> None:
        """Write down what became of one that has said nothing."""
        if KEPT_STDERR in self._store:
            fd = self._store[KEPT_STDERR][1]
            with suppress(OSError):
                if os.fstat(fd).st_size == self._said_before:
                    os.write(fd, f"{text}\n".encode())

    def pause(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        wait_readable(self._wake, timeout=seconds)

    def end_all(self) -> None:
        """End what the project has started, the logger last: by TERM, and by KILL what is there for long after that.

        Another stop meanwhile hurries, as it does everywhere.
        """
        told: set[int] = set()
        deadline = time.monotonic() + _ENDS_WITHIN
        while (left := set(_reap()) - self._logger()) and time.monotonic() < deadline:
            for pid in left - told:
                _signal(pid, signal.SIGTERM)
                _signal(pid, signal.SIGCONT)
            told |= left
            self.pause(deadline - time.monotonic())
            with suppress(BlockingIOError):
                if _STOPS & set(os.read(self._wake, 4096)):
                    break
        kill_children()

    def _logger(self) -> set[int]:
        return {procfs.pid_of(fd) for name, (_, fd) in self._store.items() if name == KEPT_LOGGER}


def kill_children() -> None:
    """Kill all children of this process, and those that come to it by that."""
    while True:
        for pid in procfs.children():
            _signal(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _reap() -> list[int]:
    """Reap what has ended. Returns the children that are left."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return procfs.children()


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)  # a child that is not reaped: nobody else's number
