"""A logger on a real loop, with everything it tells, and numbered lines that can be counted again.

Knows nothing of daemons: tests write to the pipes, or have children do it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from udaemon.logs.client import LoggerLink
from udaemon.logs.log_target import LogTarget
from udaemon.logs.rotation import backup
from udaemon.supervisor.loop import Loop


class _Deadline:
    """Lets a turn of the loop end in time."""

    def __init__(self) -> None:
        self.deadline: float | None = None

    def expire(self, now: float) -> None:
        self.deadline = None


class LogRig:
    """A loop and a link whose every word is kept."""

    def __init__(self, answer: float = 10.0) -> None:
        self.errors: list[str] = []
        self.states: list[tuple[int, str]] = []
        self.ended: list[int] = []
        self.deaths: list[str] = []
        self.lost: list[tuple[str, int, int]] = []
        self.loop = Loop(self.errors.append)
        self.link = LoggerLink(
            self.loop,
            on_state=lambda number, state: self.states.append((number, state)),
            on_eof=self.ended.append,
            on_death=self.deaths.append,
            answer=answer,
            on_lost=lambda path, lines, size: self.lost.append((path, lines, size)),
        )
        self._limit = _Deadline()
        self.loop.add(self.link)
        self.loop.on_signal(signal.SIGCHLD, self.link.child_changed)
        self.loop.add(self._limit)
        self.link.start()
        self._count = 0

    def open(self, target: LogTarget) -> tuple[int, int]:
        """A new log pipe: its number and its write end."""
        read, write = os.pipe2(os.O_CLOEXEC)
        self._count += 1
        self.link.open(self._count, read, target)
        return self._count, write

    def until(self, what: str, done: Callable[[], bool], timeout: float = 10.0) -> None:
        """Turn the loop until `done`."""
        end = time.monotonic() + timeout
        while not done():
            assert time.monotonic() < end, f"waited {timeout} s in vain for {what}; {self.states} {self.errors}"
            self._limit.deadline = end
            self.loop.turn()

    def until_ended(self, *numbers: int, timeout: float = 10.0) -> None:
        """Wait until these pipes are written to their last byte."""
        self.until(f"the end of {numbers}", lambda: set(numbers) <= set(self.ended), timeout)

    def until_state(self, number: int, state: str, timeout: float = 10.0) -> None:
        """Wait until the last state told of this pipe is `state`."""
        self.until(state, lambda: [told for one, told in self.states if one == number][-1:] == [state], timeout)

    def close(self) -> None:
        """End the logger; nothing may have gone wrong in the loop meanwhile."""
        self.link.close(1.0)
        self.loop.close()
        assert self.errors == []


def history(path: str | Path) -> bytes:
    """The log with its rotated files, the oldest first."""
    names = [name for number in range(99, 0, -1) if (name := backup(str(path), number)) is not None]
    return b"".join(Path(name).read_bytes() for name in [*names, str(path)] if os.path.exists(name))


def numbered(count: int, width: int = 100, start: int = 0) -> bytes:
    """Lines of `width` bytes that begin with their number."""
    return b"".join(b"%09d %s\n" % (number, b"." * (width - 11)) for number in range(start, start + count))


def numbers(lines: Sequence[bytes]) -> list[int]:
    """The numbers that `lines` begin with."""
    return [int(line[:9]) for line in lines if line[:9].isdigit()]


def bare(path: Path, **keys: object) -> LogTarget:
    return LogTarget(path=str(path), timestamps=False, **keys)  # type: ignore[arg-type]


def child(code: str, output: int, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=output, stdin=subprocess.DEVNULL)


def idle(loop: Loop, seconds: float) -> bool:
    """Nothing comes for this long."""
    return select.select([loop._wake_read], [], [], seconds)[0] == []
