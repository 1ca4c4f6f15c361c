"""The files that were imported, and whether they are still the same on disk.

Knows nothing of what they hold. Files of the standard library and of udaemon itself do not count: the first do not
change under a running interpreter, and new ones of ours would meet an old supervisor.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import takewhile

_COARSE = 20_000_000
"""Nanoseconds by which the time of a file may lag behind the clock: the kernel stamps files once a tick."""

_Stamp = tuple[int, int]


class Sources:
    """Remembers each imported file as it was when it was imported."""

    def __init__(self) -> None:
        self._began = time.time_ns()
        # Not the modules' own names of their files: those lie on as many pages, and each look would touch them all.
        self._stamps: list[tuple[bytes, _Stamp | None]] = []
        self._known: set[str] = set()
        self._seen: set[str] = set()
        library = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
        self._libraries = (library, os.path.dirname(os.__file__) + os.sep)
        package = sys.modules["udaemon"].__file__
        self._own = os.path.dirname(package or "") + os.sep

    def note(self) -> None:
        """Take in what was imported since the last time, and archives, whose contents Python looks up only once."""
        for entry in sys.path:
            if entry not in self._known and os.path.isfile(entry):
                self._watch(entry)
        # The new ones are the last. To look at all touches their pages, and each child of before keeps those alone.
        new = [*takewhile(lambda name: name not in self._seen, reversed(sys.modules))]
        self._seen.update(new)
        for name in new:
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and file not in self._known and self._counts(file):
                self._watch(file)

    def changed(self) -> str | None:
        """A file that is no more what was imported, None when all are."""
        for file, stamp in self._stamps:
            if _stamp(file) != stamp:
                return os.fsdecode(file)
        return None

    def _watch(self, file: str) -> None:
        self._known.add(file)
        encoded = os.fsencode(file)
        self._stamps.append((encoded, self._first(encoded)))

    def _counts(self, file: str) -> bool:
        if file.startswith(self._own):
            return False
        return not file.startswith(self._libraries) or "-packages" + os.sep in file

    def _first(self, file: bytes) -> _Stamp | None:
        """The stamp of a file, or one that never matches: written while we read, it may be older in memory."""
        stamp = _stamp(file)
        if stamp is not None and self._began - _COARSE <= stamp[0] <= time.time_ns():
            return (-1, -1)
        return stamp


def _stamp(file: bytes) -> _Stamp | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
