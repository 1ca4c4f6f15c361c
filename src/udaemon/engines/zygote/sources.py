"""The files that were imported, and whether they are still the same on disk.

Knows nothing of what they hold. Files of the standard library and of udaemon itself do not count: the first do not
change under a running interpreter, and new ones of ours would meet an old supervisor.
"""

from __future__ import annotations

import os
import sys
import time

_COARSE = 20_000_000
"""Nanoseconds by which the time of a file may lag behind the clock: the kernel stamps files once a tick."""

_Stamp = tuple[int, int]


class Sources:
    """Remembers each imported file as it was when it was imported."""

    def __init__(self) -> None:
        self._began = time.time_ns()
        self._stamps: dict[str, _Stamp | None] = {}
        library = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
        self._libraries = (library, os.path.dirname(os.__file__) + os.sep)
        package = sys.modules["udaemon"].__file__
        self._own = os.path.dirname(package or "") + os.sep

    def note(self) -> None:
        """Take in what was imported since the last time, and archives, whose contents Python looks up only once."""
        for entry in sys.path:
            if entry not in self._stamps and os.path.isfile(entry):
                self._stamps[entry] = self._first(entry)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and file not in self._stamps and self._counts(file):
                self._stamps[file] = self._first(file)

    def changed(self) -> str | None:
        """A file that is no more what was imported, None when all are."""
        return next((file for file, stamp in self._stamps.items() if _stamp(file) != stamp), None)

    def _counts(self, file: str) -> bool:
        if file.startswith(self._own):
            return False
        return not file.startswith(self._libraries) or "-packages" + os.sep in file

    def _first(self, file: str) -> _Stamp | None:
        """The stamp of a file, or one that never matches: written while we read, it may be older in memory."""
        stamp = _stamp(file)
        if stamp is not None and self._began - _COARSE <= stamp[0] <= time.time_ns():
            return (-1, -1)
        return stamp


def _stamp(file: str) -> _Stamp | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
