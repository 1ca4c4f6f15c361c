"""The pace of a loop that runs, changed by the supervisor: it writes into the slot, and the loop looks between runs.

Knows nothing of when runs are due. The words are the supervisor's alone to write; the last of them counts the changes
since the process was started. Who sleeps is woken by `NUDGE`, a signal that does nothing by default.
"""

from __future__ import annotations

import os
import struct

from udaemon.child.regions import HEADER_SIZE, SLOT_SIZE
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.spec import Pace

SLEEP, MIN_SLEEP, MEMORY_LIMIT, MEMORY_THRESHOLD, WRITTEN = range(236, 241)
"""Words of a slot; behind them stands only its name."""

_PACE = struct.Struct("=4d")
_WORD = struct.Struct("=d")
_LONGEST = 2.0**40


def write_pace(fd: int, slot: int, pace: Pace) -> None:
    """Have a process that runs go by this."""
    (before,) = _WORD.unpack(os.pread(fd, _WORD.size, _place(slot, WRITTEN)))
    limit = 0.0 if pace.memory_limit is None else float(pace.memory_limit)
    os.pwrite(fd, _PACE.pack(pace.sleep, pace.min_sleep, limit, pace.memory_threshold), _place(slot, SLEEP))
    os.pwrite(fd, _WORD.pack(_bounded(before) + 1.0), _place(slot, WRITTEN))


def clear_pace(fd: int, slot: int) -> None:
    """The next process of this slot goes by what it is started with, until more is written."""
    os.pwrite(fd, _WORD.pack(0.0), _place(slot, WRITTEN))


class PaceChanges:
    """What a process finds in its own slot."""

    def __init__(self, writer: SlotWriter) -> None:
        self._writer = writer
        self._seen = 0.0

    def pending(self) -> bool:
        """Whether another pace was written since the last one was taken."""
        return self._writer.words[WRITTEN] != self._seen

    def take(self) -> Pace:
        """Take what was written. Another change in the middle of it is pending then."""
        words = self._writer.words
        self._seen = words[WRITTEN]
        limit = int(_bounded(words[MEMORY_LIMIT]))
        threshold = _bounded(words[MEMORY_THRESHOLD])
        return Pace(_bounded(words[SLEEP]), _bounded(words[MIN_SLEEP]), limit or None, threshold)


def _bounded(word: float) -> float:
    """A task can write to this memory too: no word of it may break the loop."""
    return word if 0.0 <= word <= _LONGEST else 0.0


def _place(slot: int, word: int) -> int:
    return HEADER_SIZE + slot * SLOT_SIZE + word * _WORD.size
