"""The lines of one daemon that has several files, by their times: of each instance, or of stdout and stderr.

Knows nothing of how they are shown.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from udaemon.logs.entries import Entry, keyed
from udaemon.logs.follow import LogReader
from udaemon.logs.tail import LogSource


class Row(NamedTuple):
    """A line, where it comes from, and what merges it among those of other logs."""

    key: bytes
    source: LogSource
    entry: Entry


Wanted = Callable[[Entry], bool]


def history_of(logs: Iterable[tuple[LogReader, Wanted]], *, last: int | None, since: bytes) -> Iterator[Row]:
    """The lines that were there; see `tail.history`.

    Args:
        logs: The daemon's files, each with what is wanted of it.
        last: So many of the last lines of all together, None for all.
        since: As there.
    """
    rows = [_rows(reader, wanted, last, since) for reader, wanted in logs]
    if len(rows) == 1:
        return rows[0]
    merged = heapq.merge(*rows, key=lambda row: row.key)
    return merged if last is None else iter(deque(merged, last))


def _rows(reader: LogReader, wanted: Wanted, last: int | None, since: bytes) -> Iterator[Row]:
    for key, entry in keyed(reader.history(last=last, since=since, wanted=wanted)):
        yield Row(key, reader.source, entry)
