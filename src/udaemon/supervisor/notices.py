"""Publishes what happened: to the recent past, the subscribers, the common logs.

Knows nothing of states; it passes on what `policy` worded. A common log is written through
a pipe to the logger, so that a full disk never holds the supervisor up.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from udaemon.logs.format import Stamps
from udaemon.policy.instance import Key

_REMEMBERED = 1000
_STAMPS = Stamps()

LONGEST = 4000
"""Bytes of an entry, so that a pipe takes it whole or not at all: less than PIPE_BUF (pipe(7))."""


@frozen
class Notice:
    """One thing that happened. `at` is wall time in seconds; `key` is None for the supervisor itself."""

    at: float
    key: Key | None
    event: str
    message: str
    data: Mapping[str, Any]


Subscriber = Callable[[Notice], None]
Form = Callable[[Notice], Sequence[bytes]]
"""Makes the entries of a common log out of a notice."""


def one_line(notice: Notice) -> tuple[bytes]:
    """Time, instance and process, and what happened."""
    who = "udaemon" if notice.key is None else str(notice.key)
    pid = notice.data.get("pid")
    said = "" if notice.message == f"pid {pid}" else f": {notice.message}"  # it stands before the word already
    text = f"{_STAMPS.at(notice.at).decode()} {who} {f'[{pid}] ' if pid else ''}{notice.event}{said}"
    return (text.replace("\n", "\\n").encode("utf-8", "backslashreplace")[: LONGEST - 1] + b"\n",)


class Notices:
    """The recent notices and those who want the next.

    Args:
        wall_clock: Returns the time of day in seconds, for people to read.
    """

    def __init__(self, wall_clock: Callable[[], float] = time.time) -> None:
        self._wall_clock = wall_clock
        self._recent: deque[Notice] = deque(maxlen=_REMEMBERED)
        self._subscribers: list[Subscriber] = []
        self._sinks: dict[str, int] = {}
        self.lost = 0

    def log_to(self, path: str, fd: int) -> None:
        """Write the lines for the common log `path` to `fd`, a pipe that does not block."""
        os.set_blocking(fd, False)
        self._sinks[path] = fd

    def close_log(self, path: str) -> None:
        """Write no more to a common log: the logger sees its end."""
        os.close(self._sinks.pop(path))

    def logs(self) -> tuple[str, ...]:
        """The common logs that are open."""
        return tuple(self._sinks)

    def recent(self) -> tuple[Notice, ...]:
        """What is remembered, the oldest first."""
        return tuple(self._recent)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every notice from now on. Returns what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def publish(
        self,
        key: Key | None,
        event: str,
        message: str,
        data: Mapping[str, Any],
        common_log: str | None = None,
        *,
        form: Form = one_line,
    ) -> None:
        """Pass a notice on; it goes to its daemon's common log, or to all of them where it has none."""
        notice = Notice(self._wall_clock(), key, event, message, data)
        self._recent.append(notice)
        entries = form(notice)
        for fd in (self._sinks.get(common_log),) if common_log is not None else tuple(self._sinks.values()):
            if fd is not None:
                for entry in entries:
                    self._write(fd, entry)
        for subscriber in tuple(self._subscribers):
            subscriber(notice)

    def close(self) -> None:
        """Close the common logs: the logger sees their end and can leave."""
        for fd in self._sinks.values():
            os.close(fd)
        self._sinks.clear()

    def _write(self, fd: int, line: bytes) -> None:
        """What the pipe refuses is counted."""
        if self.lost:
            line = b"lines lost here: %d\n%s" % (self.lost, line)
        try:
            os.write(fd, line)
        except (BlockingIOError, BrokenPipeError):
            self.lost += 1
        else:
            self.lost = 0
