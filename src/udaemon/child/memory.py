"""How much memory a process has resident now, and whether that is too much.

Knows no daemon and nothing of what follows. Imports nothing that a fresh fork would not have.
"""

from __future__ import annotations

import os

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SELF = "/proc/self/statm"


def rss(pid: int, with_children: bool = False) -> int | None:
    """Resident memory in bytes; None when the process has gone or the system does not say (proc(5) statm).

    `with_children` adds that of the processes it has started itself.
    """
    own = _resident(f"/proc/{pid}/statm")
    if own is None or not with_children:
        return own
    return own + sum(_resident(f"/proc/{child}/statm") or 0 for child in _children(pid))


class MemoryLimit:
    """Looks, after a run, whether this process has grown beyond `threshold` percent of `limit` bytes.

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
        return f"{_mib(used)} resident is more than {self._threshold:g} % of the memory-limit of {_mib(self._limit)}"


def _children(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return file.read().split()
    except OSError:  # gone, or a kernel without CONFIG_PROC_CHILDREN
        return []


def _resident(file: str) -> int | None:
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return int(os.read(fd, 256).split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return None
    finally:
        os.close(fd)


def _mib(size: int) -> str:
    return f"{size / 1024**2:.1f}M"
