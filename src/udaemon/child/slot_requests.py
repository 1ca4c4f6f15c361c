"""What the supervisor asks of a task's process by its slot: to stop, to run now, to begin no more runs.

Knows nothing of when the process looks there. One whose memory cannot be written to has other troubles: nothing is
raised.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress

from udaemon.child.regions import HEADER_SIZE, SLOT_SIZE
from udaemon.child.scoreboard import KICKS, PAUSED, STOP

_WORD = struct.Struct("=d")


def ask_to_stop(fd: int, slot: int, pid: int) -> None:
    """Ask a process to stop by its slot, which the loop checks between runs."""
    _store(fd, slot, STOP, float(pid))


def kick(fd: int, slot: int) -> None:
    """Ask for a run now."""
    with suppress(OSError, struct.error):
        (before,) = _WORD.unpack(os.pread(fd, _WORD.size, _place(slot, KICKS)))
        _store(fd, slot, KICKS, before + 1.0 if 0 <= before < 2**53 else 1.0)


def pause(fd: int, slot: int, *, paused: bool) -> None:
    """Have this process and those that come after it begin no run, or go on."""
    _store(fd, slot, PAUSED, float(paused))


def _store(fd: int, slot: int, word: int, value: float) -> None:
    with suppress(OSError):
        os.pwrite(fd, _WORD.pack(value), _place(slot, word))


def _place(slot: int, word: int) -> int:
    return HEADER_SIZE + slot * SLOT_SIZE + word * _WORD.size
