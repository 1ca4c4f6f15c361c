"""Looks in what a daemon writes for the lines that say that it is ready, or well.

Knows no daemon and no file. A pattern comes from a manifest and a line from anywhere, and some patterns take longer for
a line than the universe is old. So only the beginning of a line is looked at, and a search that takes too much of the
processor is broken off (the matcher of `re` looks for signals as it goes): that pattern is given up, and said so.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` imports enum, which without a pattern nobody needs
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from udaemon.logs.log_target import LogTarget

LONGEST = 4096
"""Bytes of a line that are looked at."""

MOST_TIME = 0.1
"""Seconds of the processor for what one read of a log pipe has brought; a sane pattern takes a thousandth of it."""

_LONGEST_TOLD = 200


class Found(NamedTuple):
    """A line that was looked for: `question` is "ready" or "health"; `line` is None where that took too long."""

    question: str
    line: str | None


class Matcher:
    """The patterns of one log pipe. The one for `ready` is looked for once.

    Args:
        target: Has the patterns, and for how long a healthy line is enough.
        begun: The beginning of a line that came before.
    """

    def __init__(self, target: LogTarget, begun: bytes = b"") -> None:
        wanted = (("ready", target.ready), ("health", target.health))
        self._patterns = {question: re.compile(text) for question, text in wanted if text}
        self._rest = target.healthy_for
        self._rests_until = 0.0
        self._begun = begun[:LONGEST]

    def feed(self, chunk: bytes, now: float) -> Iterator[Found]:
        """Look at what has come; `now` is monotonic seconds."""
        wanted = [one for one in self._patterns if one != "health" or now >= self._rests_until]
        whole, newline, end = chunk.rpartition(b"\n")
        lines = (self._begun + whole).split(b"\n") if newline and wanted else []
        self._begun = ((b"" if newline else self._begun) + end[:LONGEST])[:LONGEST]
        for question in wanted if lines else ():
            pattern = self._patterns[question]
            try:
                line = _within(MOST_TIME, lambda: _first(pattern, lines))  # noqa: B023 - called here
            except _TooLong:
                del self._patterns[question]
                yield Found(question, None)
                continue
            if line is None:
                continue
            if question == "ready":
                del self._patterns[question]
            self._rests_until = now + self._rest if question == "health" else self._rests_until
            yield Found(question, line)


class _TooLong(Exception):
    pass


_searching = False


def _on_time(_number: int, _frame: object) -> None:
    if _searching:  # a signal that comes late finds another one at work, or none
        raise _TooLong


def _within(seconds: float, search: Callable[[], str | None]) -> str | None:
    """Do it in so much of this process's time, or not at all.

    Raises:
        _TooLong: It took more.
    """
    global _searching  # noqa: PLW0603 - a signal handler has no other way to know
    _signal.signal(_signal.SIGVTALRM, _on_time)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGVTALRM])
    try:
        _searching = True
        _signal.setitimer(_signal.ITIMER_VIRTUAL, seconds)
        found = search()
        _searching = False
    finally:
        _searching = False
        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0.0)
    return found


def _first(pattern: re.Pattern[str], lines: Sequence[bytes]) -> str | None:
    for line in lines:
        text = line[:LONGEST].decode("utf-8", "replace").rstrip("\r")
        if pattern.search(text):
            return text[:_LONGEST_TOLD].replace("\0", "\ufffd")  # a NUL ends a field of the message
    return None
