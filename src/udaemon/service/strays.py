"""Ends processes that nobody watches any more, found among all processes by the locks that they have.

Knows nothing of why nobody does. A lock is an instance's, so what has it open is the instance's, or was about to be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress

from udaemon.control import rundir
from udaemon.logs.orphans import GRACE
from udaemon.system import procfs
from udaemon.system.exit_status import kill_and_wait
from udaemon.system.readable import wait_readable

_DIES_WITHIN = 5.0
"""Seconds for what was killed, and for what that was about to fork."""
_A_MOMENT = 0.5
"""Seconds for the logger to end what has not left by itself."""


def end(find: Callable[[], Collection[int]]) -> None:
    """Kill what is found, until nothing is."""
    deadline = time.monotonic() + _DIES_WITHIN
    while (pids := find()) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(OSError):
                pidfd = os.pidfd_open(pid)
                try:
                    kill_and_wait(pidfd)
                finally:
                    os.close(pidfd)


def end_holders(locks: str) -> None:
    """End what has a lock in this directory; whoever calls it sees to it that no supervisor begins meanwhile."""
    end(lambda: _holders(locks))


def end_of(rundir_fd: int, locks: str) -> None:
    """End what has a lock of an instance and does not end soon, unless another supervisor has begun.

    Args:
        rundir_fd: The run directory.
        locks: The directory of the locks in it.
    """
    deadline = time.monotonic() + GRACE + _A_MOMENT
    for pid in _holders(locks):
        with suppress(OSError):
            pidfd = os.pidfd_open(pid)
            wait_readable(pidfd, timeout=max(deadline - time.monotonic(), 0.0))
            os.close(pidfd)
    if (lock := rundir.take_lock(rundir_fd)) is not None:
        end_holders(locks)
        os.close(lock)


def _holders(directory: str) -> Collection[int]:
    """The processes that have a file of a directory open."""
    try:
        files = {(status.st_dev, status.st_ino) for status in map(os.DirEntry.stat, os.scandir(directory))}
    except OSError:
        return ()
    return [pid for pid in procfs.pids() if files & procfs.open_files(pid)]
