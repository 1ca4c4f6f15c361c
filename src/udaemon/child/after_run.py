"""Runs after those of another daemon: the supervisor counts them in the slot, and the loop runs once for what has come.

Knows nothing of how the other daemon's runs are heard of. The words outlive a process, so that a run which one has not
begun is the next one's; of several that came during a run the last one counts.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf

from udaemon.child.awaited import NEVER, Awaited
from udaemon.child.regions import HEADER_SIZE, SLOT_SIZE
from udaemon.child.schedule import Due
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.task import PrecedingRun

TELLS, CAME, TAKEN, SOURCE, INSTANCE, RUN, OK = range(223, 230)
"""Words of a slot: whether its own runs are to be told; how many came to follow, how many are served; the last one."""

_WORD = struct.Struct("=d")
_LAST = struct.Struct("=4d")


class AfterRuns(Awaited):
    """A planner whose runs are due when another daemon has had one.

    Args:
        writer: The slot.
        names: The other daemons, by their place in the manifest.
        tell: Told what the run that begins comes after, and None when it is over.
    """

    def __init__(self, writer: SlotWriter, names: Sequence[str], tell: Callable[[PrecedingRun | None], object]) -> None:
        self._writer = writer
        self._names = names
        self._tell = tell

    def pending(self) -> bool:
        """Whether there is a run to begin."""
        words = self._writer.words
        return words[CAME] != words[TAKEN]

    def first(self, resume: float, now: float) -> Due:  # noqa: ARG002 - see `Planner`
        """What came before this process was there."""
        return self.look(NEVER, now)

    def look(self, due: Due, now: float) -> Due:
        """At once where something has come."""
        return Due(now, now) if due.at == inf and self.pending() else due

    def began(self) -> None:
        """All that has come until now is served by this run."""
        words = self._writer.words
        came = words[CAME]
        source, instance, run, ok = (_whole(word) for word in words[SOURCE : OK + 1])
        missed = _whole(came) - _whole(words[TAKEN]) - 1
        words[TAKEN] = came
        if missed > 0:
            self._writer.miss(missed)
        name = self._names[source] if source < len(self._names) else ""
        self._tell(PrecedingRun(name, instance, run, "ok" if ok else "failed"))

    def next(self, due: Due, started: float, ended: float, *, kicked: bool) -> Due:  # noqa: ARG002 - see `Planner`
        """At once where more has come meanwhile."""
        self._tell(None)
        return self.look(NEVER, ended)


def trigger(fd: int, slot: int, source: int, instance: int, run: int, *, ok: bool) -> None:
    """Let a task have a run after this one. What it is comes first, so that who sees the count sees the rest."""
    with suppress(OSError, struct.error):
        (came,) = _WORD.unpack(os.pread(fd, _WORD.size, _place(slot, CAME)))
        os.pwrite(fd, _LAST.pack(source, instance, run, ok), _place(slot, SOURCE))
        os.pwrite(fd, _WORD.pack(_whole(came) + 1.0), _place(slot, CAME))


def forget(fd: int, slot: int) -> None:
    """What has come and was not begun is nobody's any more."""
    with suppress(OSError):
        os.pwrite(fd, os.pread(fd, _WORD.size, _place(slot, CAME)), _place(slot, TAKEN))


def tell_runs(fd: int, slot: int, *, tells: bool) -> None:
    """Have each run of a task told, or no more."""
    with suppress(OSError):
        os.pwrite(fd, _WORD.pack(float(tells)), _place(slot, TELLS))


def tells_runs(fd: int, slot: int) -> bool:
    """Whether each run of a task is told."""
    return os.pread(fd, _WORD.size, _place(slot, TELLS)) == _WORD.pack(1.0)


def _whole(word: float) -> int:
    """A task can write to this memory too."""
    return int(word) if 0 <= word <= 2**53 else 0


def _place(slot: int, word: int) -> int:
    return HEADER_SIZE + slot * SLOT_SIZE + word * _WORD.size
