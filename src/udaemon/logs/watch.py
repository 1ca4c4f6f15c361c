"""Tells when something happens to files in some directories, without looking again and again.

Knows nothing of logs. Linux's inotify(7) through ctypes; the standard library has no call for it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

_MODIFY, _MOVED_TO, _CREATE, _DELETE_SELF, _MOVE_SELF, _ONLYDIR = 0x2, 0x80, 0x100, 0x400, 0x800, 0x01000000
_MASK = _MODIFY | _MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR


class Watch:
    """Readable when a file in one of the directories was written to, made or renamed into it.

    A directory that is not there yet, or no more, is waited for in the nearest one above it.

    Raises:
        OSError: The user has too many watches (`/proc/sys/fs/inotify`).
    """

    def __init__(self, directories: Iterable[str]) -> None:
        self._directories = tuple(dict.fromkeys(directories))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._check(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._arm()

    def fileno(self) -> int:
        """The fd to wait on."""
        return self._fd

    def clear(self) -> None:
        """Take note of what happened; look at the files after this, not before."""
        try:
            while os.read(self._fd, 64 * 1024):
                pass
        except BlockingIOError:
            pass
        # Asking again for what is watched already changes nothing (inotify_add_watch(2)).
        self._arm()

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _arm(self) -> None:
        for directory in self._directories:
            place = directory
            while not self._add(place) and place != "/":
                place = os.path.dirname(place)
            if place != directory and os.path.isdir(directory):
                self._add(directory)

    def _add(self, directory: str) -> bool:
        path = os.fsencode(directory)
        if self._libc.inotify_add_watch(self._fd, path, ctypes.c_uint32(_MASK)) >= 0:
            return True
        error = ctypes.get_errno()
        if os.path.isdir(directory):
            raise OSError(error, os.strerror(error), directory)
        return False

    def _check(self, result: int) -> int:
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return result
