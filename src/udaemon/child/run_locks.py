"""The locks of a run: a task asks its supervisor before each run, and lets go of them after it.

Knows no lock by name, and nothing of who else wants it. Both sides write a word of the slot and then say so, the child
by a report and the supervisor by a signal, so that nothing is lost with a report that is not taken or a supervisor
that dies: whoever looks later finds the words as they are.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress

from udaemon.child.regions import HEADER_SIZE, SLOT_SIZE
from udaemon.child.report import LocksChanged, Reporter
from udaemon.child.scoreboard import ALLOWED, ASKED, PID, SlotWriter

_WORD = struct.Struct("=d")
_TWO = struct.Struct("=2d")


class RunLocks:
    """The child's side: the run that it wants the locks for stands in its slot, 0 for none."""

    def __init__(self, writer: SlotWriter, reporter: Reporter) -> None:
        self._writer = writer
        self._reporter = reporter
        self._waits = False

    def take(self) -> bool:
        """Ask for the next run, where that was not done. Returns whether it may begin."""
        words, run = self._writer.words, float(self._writer.count + 1)
        if words[ASKED] == run:
            self._waits = words[ALLOWED] != run
            return not self._waits
        words[ALLOWED] = 0.0
        words[ASKED] = run
        self._waits = True
        self._reporter.send(LocksChanged())
        return False

    def leave(self) -> None:
        """Want no run any more, and let go of what was had for one."""
        self._waits = False
        if self._writer.words[ASKED]:
            self._writer.words[ASKED] = 0.0
            self._reporter.send(LocksChanged())

    def answered(self) -> bool:
        """Whether the run that it waits for may begin by now."""
        return self._waits and self._writer.words[ALLOWED] == self._writer.words[ASKED]


def asked(fd: int, slot: int, pid: int) -> tuple[int, bool] | None:
    """The run for which a process wants the locks, 0 for none, and whether it was allowed; None where it is another's.

    What stands there is a child's word: it is a number in range, and no more is believed of it.
    """
    with suppress(OSError, struct.error):
        (owner,) = _WORD.unpack(os.pread(fd, _WORD.size, _place(slot, PID)))
        run, allowed = _TWO.unpack(os.pread(fd, _TWO.size, _place(slot, ASKED)))
        if owner == pid:
            return (int(run), run == allowed) if 0 < run <= 2**53 else (0, False)
    return None


def allow(fd: int, slot: int, run: int) -> None:
    """Let a process begin a run."""
    with suppress(OSError):
        os.pwrite(fd, _WORD.pack(float(run)), _place(slot, ALLOWED))


def _place(slot: int, word: int) -> int:
    return HEADER_SIZE + slot * SLOT_SIZE + word * _WORD.size
