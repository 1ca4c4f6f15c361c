"""Finds the logger of a supervisor that was killed with its keeper: two that read one pipe tear its lines.

Knows no log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress

from udaemon.system import procfs

_LOGGER = b"udaemon.logs.logger_main"
"""Stands in the command line of every logger."""


def loggers_with(files: AbstractSet[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pid and pidfd of each logger that has one of these files open, by device and inode; closed with the next one."""
    for pid in procfs.pids():
        if pid == os.getpid() or _LOGGER not in procfs.read_or_nothing(f"/proc/{pid}/cmdline"):
            continue
        with suppress(OSError):
            pidfd = os.pidfd_open(pid)
            try:
                if files & procfs.open_files(pid):
                    yield pid, pidfd
            finally:
                os.close(pidfd)
