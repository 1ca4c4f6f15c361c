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

from udaemon.frozen import frozen
from udaemon.logs.format import Stamps
from udaemon.manifest.secrets import masked_text
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


class _Sink:
    """A pipe to a common log, and what is to go there: entries together as far as a pipe takes them whole."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.lost = 0
        self._entries: list[bytes] = []
        self._size = 0

    def add(self, entry: bytes) -> None:
        """Put an entry behind the others."""
        if self._size + len(entry) > LONGEST:
            self.flush()
        self._entries.append(entry)
        self._size += len(entry)

    def flush(self) -> None:
        """Write them. What the pipe refuses is counted."""
        if not self._entries:
            return
        entries, self._entries, self._size = self._entries, [], 0
        mark = b"lines lost here: %d\n" % self.lost if self.lost else b""
        try:
            os.write(self.fd, mark + b"".join(entries))
        except (BlockingIOError, BrokenPipeError):
            self.lost += len(entries)
        else:
            self.lost = 0

    def close(self) -> None:
        """Write what is left, and close the pipe."""
        self.flush()
        os.close(self.fd)


class Notices:
    """The recent notices and those who want the next.

    Args:
        wall_clock: Returns the time of day in seconds, for people to read.
        by_turn: What happens to daemons in one turn of the loop is written at its end, by `flush`: it may be a
            thousand starts, and each write wakes the logger. What the supervisor says of itself is written at once.
    """

    def __init__(self, wall_clock: Callable[[], float] = time.time, *, by_turn: bool = False) -> None:
        self._wall_clock = wall_clock
        self._by_turn = by_turn
        self._recent: deque[Notice] = deque(maxlen=_REMEMBERED)
        self._subscribers: list[Subscriber] = []
        self._sinks: dict[str, _Sink] = {}

    @property
    def lost(self) -> int:
        """How many entries no common log has taken since it last took one."""
        return sum(sink.lost for sink in self._sinks.values())

    def log_to(self, path: str, fd: int) -> None:
        """Write the lines for the common log `path` to `fd`, a pipe that does not block."""
        os.set_blocking(fd, False)
        self._sinks[path] = _Sink(fd)

    def close_log(self, path: str) -> None:
        """Write no more to a common log: the logger sees its end."""
        self._sinks.pop(path).close()

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
        """Pass a notice on; it goes to its daemon's common log, or to all of them where it has none.

        What its message holds of secrets stays here: an exception may quote the URL of a database.
        """
        notice = Notice(self._wall_clock(), key, event, masked_text(message), data)
        self._recent.append(notice)
        entries = form(notice)
        for sink in (self._sinks.get(common_log),) if common_log is not None else tuple(self._sinks.values()):
            if sink is not None:
                for entry in entries:
                    sink.add(entry)
                if key is None or not self._by_turn:
                    sink.flush()
        for subscriber in tuple(self._subscribers):
            subscriber(notice)

    def flush(self) -> None:
        """Write what the common logs have not got yet."""
        for sink in self._sinks.values():
            sink.flush()

    def close(self) -> None:
        """Close the common logs: the logger sees their end and can leave."""
        for sink in self._sinks.values():
            sink.close()
        self._sinks.clear()
