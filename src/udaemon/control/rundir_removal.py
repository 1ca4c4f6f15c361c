"""The end of a run directory: its files are removed, and it itself, unless somebody needs them still.

Knows nothing of what the files say.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection
from contextlib import suppress

from udaemon.control.rundir import LOCK, leads_to
from udaemon.engines import locks
from udaemon.system.procfs import path_of


def remove(path: str, fd: int, keep: Collection[str] = ()) -> None:
    """Take away what a supervisor made here, and the directory; call it last, with the lock still held.

    Where an `up` waits in the directory already, the lock file and the directory are left to it.

    Args:
        path: The directory's.
        fd: It is open there.
        keep: What was there before, where that supervisor did not come to stand: another one has left it, to be taken
            over by one that can.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _empty(fd, keep=(*keep, LOCK))
        return
    _empty(fd, keep=keep)
    with suppress(OSError):
        if leads_to(path, fd):
            os.rmdir(path)


def _empty(fd: int, keep: Collection[str]) -> None:
    """Remove the files of one directory, and of the directories in it; locks that somebody has are left."""
    for entry in list(os.scandir(fd)):
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                locks.discard_unused(f"{path_of(fd)}/{entry.name}")
                os.rmdir(entry.name, dir_fd=fd)
            elif entry.name not in keep:
                os.unlink(entry.name, dir_fd=fd)
