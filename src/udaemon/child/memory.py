"""How much memory a process has resident now, and whether that is too much.

Knows no daemon and nothing of what follows. Imports nothing that a fresh fork would not have.
"""

from __future__ import annotations

import resource
import sys

from udaemon.system import procfs
from udaemon.units import mebibytes

_SELF = "/proc/self/statm"


def rss(pid: int, with_children: bool = False) -> int | None:
    """Resident memory in bytes; None when the process has gone or the system does not say (proc(5) statm).

    `with_children` adds that of the processes it has started itself.
    """
    own = _resident(f"/proc/{pid}/statm")
    if own is None or not with_children:
        return own
    try:
        children = procfs.children(pid)
    except OSError:  # it has gone
        children = []
    return own + sum(_resident(f"/proc/{child}/statm") or 0 for child in children)


def rss_peak() -> int:
    """The most memory this process has had resident, in bytes."""
    return maxrss_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def maxrss_bytes(maxrss: int) -> int:
    """What getrusage(2) tells: bytes on macOS and kilobytes on Linux."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024


def limit_of(limit: int | None, threshold: float) -> MemoryLimit | None:
    """What checks a daemon's limit, None where it has none."""
    return None if limit is None else MemoryLimit(limit, threshold)


class MemoryLimit:
    """Checks, after a run, whether this process has grown beyond `threshold` percent of `limit` bytes.

    Opened anew for each look: a task may close every descriptor it does not know.
    """

    def __init__(self, limit: int, threshold: float, statm: str = _SELF) -> None:
        self._limit = limit
        self._threshold = threshold
        self._most = limit * threshold / 100
        self._statm = statm

    def exceeded(self) -> str | None:
        """What to say when it has, with the numbers; None while it has not, or where nobody can tell."""
        used = _resident(self._statm)
        if used is None or used <= self._most:
            return None
        share = f"{self._threshold:g} % of the memory-limit of {mebibytes(self._limit)}"
        return f"{mebibytes(used)} resident is more than {share}"


def _resident(file: str) -> int | None:
    return procfs.parse_statm(procfs.read_or_nothing(file))
