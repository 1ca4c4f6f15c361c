"""Whose a process is: descendants that a daemon left behind, told by session, open files and environment.

Knows nothing of when to look or what to do about them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from udaemon.policy.instance import Key
from udaemon.system.kernel import KERNEL
from udaemon.system.process_tree import Relative

_MARKS = (b"UDAEMON_PROJECT", b"UDAEMON_NAME", b"UDAEMON_INSTANCE")


class Lineage:
    """The instances that have a process or had one, and how their descendants are known.

    Of a log pipe they have the end that is written to; we and our helpers, from their fork on, have the other one.

    Args:
        project: Value of UDAEMON_PROJECT in the environment of what belongs to us.
        open_files: Returns device and inode of each file that a process has open, of a pipe if it can write to it.
        environ: Returns the environment of a process, or raises OSError.
    """

    def __init__(
        self,
        project: str,
        open_files: Callable[[int], Collection[tuple[int, ...]]] = KERNEL.open_files,
        environ: Callable[[int], Mapping[bytes, bytes]] = KERNEL.environ,
    ) -> None:
        self._project = os.fsencode(project)
        self._open_files = open_files
        self._environ = environ
        self._sessions: dict[int, Key] = {}
        self._files: dict[tuple[int, ...], Key] = {}
        self._names: dict[tuple[bytes, bytes], Key] = {}
        self._sessions_of: dict[Key, set[int]] = {}
        self._files_of: dict[Key, tuple[tuple[int, ...], ...]] = {}

    def add(self, key: Key, pid: int, files: Collection[tuple[int, ...]]) -> None:
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
        """The instance an unknown process descends from, None when nothing shows it."""
        for file in self._files.keys() & self._open_files(relative.pid):
            return self._files[file]
        project, name, index = self._marks(relative.pid)
        if project == self._project and (key := self._names.get((name, index))) is not None:
            return key
        # The number of a session is used again when it has ended, and we may not have seen that it has: what leads one
        # and was not adopted has made it since.
        return self._sessions.get(relative.session) if relative.session != relative.pid else None

    def _marks(self, pid: int) -> tuple[bytes, bytes, bytes]:
        said: Mapping[bytes, bytes] = {}
        with suppress(OSError):  # it has gone or may not be looked at
            said = self._environ(pid)
        if b"UDAEMON_EVENT" in said:  # a hook, or what one has left behind: it is about a daemon, and none of its
            said = {}
        project, name, index = (said.get(mark, b"") for mark in _MARKS)
        return project, name, index


def _name(key: Key) -> tuple[bytes, bytes]:
    return key.name.encode(), str(key.index).encode()
