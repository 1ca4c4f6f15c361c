"""Whose a process is: descendants that a daemon left behind, told by session, open files and environment.

Knows nothing of when to look or what to do about them. As every orphan below a subreaper becomes its direct child, one
list of direct children shows whether anything was left: the descendants of an orphan become orphans in turn.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NamedTuple

from udaemon.engines.locks import open_files
from udaemon.policy.instance import Key

_PAGE = 4096
"""The kernel hands `children` out a page at a time; a list that is longer may change between two reads."""
_MARKS = (b"UDAEMON_PROJECT", b"UDAEMON_NAME", b"UDAEMON_INSTANCE")


def children() -> frozenset[int]:
    """Pids of all direct children of this process, zombies too."""
    tasks = os.listdir("/proc/self/task")
    if len(tasks) == 1:
        return _children_of(tasks[0])
    return frozenset().union(*(_children_of(task) for task in tasks))


def descendants(pid: int) -> frozenset[int]:
    """Pids of all that descend from a process at this moment by parents that still live."""
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        with suppress(OSError):
            pid = ahead.pop()
            for task in os.listdir(f"/proc/{pid}/task"):
                new = _children_of(task, str(pid)) - found
                found |= new
                ahead += new
    return frozenset(found)


def _children_of(task: str, pid: str = "self") -> frozenset[int]:
    path = f"/proc/{pid}/task/{task}/children"
    text, again = _read(path), b""
    while len(text) >= _PAGE and text != again:
        text, again = _read(path), text
    return frozenset(map(int, text.split()))


class Relative(NamedTuple):
    """What a stray child is like at this moment."""

    pid: int
    session: int
    zombie: bool
    started: int
    """In clock ticks since the system was started."""


def look_at(pid: int) -> Relative | None:
    """A process as /proc shows it, None when there is none."""
    # The name stands in parentheses and may hold anything, a parenthesis too.
    _, _, fields = _read(f"/proc/{pid}/stat").rpartition(b") ")
    words = fields.split()
    if len(words) < 20:
        return None
    return Relative(pid, session=int(words[3]), zombie=words[0] in {b"Z", b"X"}, started=int(words[19]))


class Lineage:
    """The instances that have a process or had one, and how their descendants are known.

    Args:
        project: Value of UDAEMON_PROJECT in the environment of what belongs to us.
    """

    def __init__(self, project: str) -> None:
        self._project = os.fsencode(project)
        self._sessions: dict[int, Key] = {}
        self._files: dict[tuple[int, int], Key] = {}
        self._names: dict[tuple[bytes, bytes], Key] = {}
        self._sessions_of: dict[Key, set[int]] = {}
        self._files_of: dict[Key, tuple[tuple[int, int], ...]] = {}

    def add(self, key: Key, pid: int, files: Collection[tuple[int, int]]) -> None:
        """Know an instance by its leader, which leads a session, and by device and inode of its lock and log pipe."""
        self._sessions[pid] = key
        self._sessions_of[key] = {pid}
        self._files_of[key] = tuple(files)
        self._files |= dict.fromkeys(files, key)
        self._names[_name(key)] = key

    def adopt(self, key: Key, relative: Relative) -> None:
        """Know a session that a descendant made for itself."""
        self._sessions.setdefault(relative.session, key)
        self._sessions_of[key].add(relative.session)

    def remove(self, key: Key) -> None:
        """Forget an instance of which nothing lives."""
        for session in self._sessions_of.pop(key):
            if self._sessions.get(session) == key:
                del self._sessions[session]
        for file in self._files_of.pop(key):
            del self._files[file]
        del self._names[_name(key)]

    def owner(self, relative: Relative) -> Key | None:
        """The instance a process descends from, None when nothing shows it."""
        if (key := self._sessions.get(relative.session)) is not None:
            return key
        for file in open_files(relative.pid) & self._files.keys():
            return self._files[file]
        project, name, index = _marks(relative.pid)
        return self._names.get((name, index)) if project == self._project else None


def holders(pids: Collection[int], locks: Collection[tuple[int, int]]) -> Iterator[int]:
    """Those of `pids` that have one of `locks` open."""
    wanted = frozenset(locks)
    return (pid for pid in pids if open_files(pid) & wanted)


def _name(key: Key) -> tuple[bytes, bytes]:
    return key.name.encode(), str(key.index).encode()


def _marks(pid: int) -> tuple[bytes, bytes, bytes]:
    said = dict.fromkeys(_MARKS, b"")
    for entry in _read(f"/proc/{pid}/environ").split(b"\0"):
        name, _, value = entry.partition(b"=")
        if name in said:
            said[name] = value
    project, name, index = said.values()
    return project, name, index


def _read(path: str) -> bytes:
    """A file of /proc, empty when its process has gone or may not be looked at."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
