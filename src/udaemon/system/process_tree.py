"""Which processes descend from which, as /proc shows it.

Knows nothing of whose they are. As every orphan below a subreaper becomes its direct child, one list of direct children
shows whether anything was left: the descendants of an orphan become orphans in turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NamedTuple

from udaemon.system import procfs


def children() -> frozenset[int]:
    """Pids of all direct children of this process, zombies too.

    Raises:
        OSError: There is no memory for the list.
    """
    return frozenset(procfs.children())


def descendants(pid: int) -> frozenset[int]:
    """Pids of all that descend from a process at this moment by parents that still live."""
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        with suppress(OSError):
            pid = ahead.pop()
            new = set(procfs.children(pid)) - found
            found |= new
            ahead += new
    return frozenset(found)


class Relative(NamedTuple):
    """What a stray child is like at this moment."""

    pid: int
    session: int
    zombie: bool
    started: int
    """In clock ticks since the system was started."""


def look_at(pid: int) -> Relative | None:
    """A process as /proc shows it, None when there is none."""
    found = procfs.stat(pid)
    return None if found is None else Relative(pid, found.session, found.zombie, found.started)


def holders(pids: Collection[int], locks: Collection[tuple[int, ...]]) -> Iterator[int]:
    """Those of `pids` that have one of `locks` open."""
    wanted = frozenset(locks)
    return (pid for pid in pids if procfs.open_files(pid) & wanted)
