"""The line by which a log pipe has said that it is ready, noted in the journal for loggers to come.

Knows no pattern. A supervisor that is killed takes what it was told with it, and so does a logger what it was about to
tell; the line is in its file by then and comes no second time. The note names the pipe, as its place is used again.
"""

from __future__ import annotations

import contextlib
import os
from struct import Struct

from udaemon.logs.retained import HELD_END, held_at
from udaemon.system.file_identity import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.logs.journal import Journal

_NOTE = Struct("<qqi")
"""Device, inode, and the length of the line behind it."""

_LONGEST = 1024


def note(journal: Journal, slot: int, fd: int, line: str) -> None:
    """Note what came out of the pipe that has this place in the journal, where there is room for it."""
    data = line.encode("utf-8", "replace")[:_LONGEST]
    with contextlib.suppress(OSError):
        os.pwrite(journal.fd, _NOTE.pack(*identity(fd), len(data)) + data, held_at(slot) + HELD_END)


def noted(journal: Journal, slot: int, fd: int) -> str | None:
    """The line that a logger before has noted of this pipe; None where there was none yet."""
    found = os.pread(journal.fd, _NOTE.size + _LONGEST, held_at(slot) + HELD_END)
    if len(found) < _NOTE.size:
        return None
    *pipe, length = _NOTE.unpack_from(found)
    if tuple(pipe) != identity(fd) or not 0 <= length <= _LONGEST:
        return None
    return found[_NOTE.size : _NOTE.size + length].decode("utf-8", "replace").replace("\0", "\ufffd")
