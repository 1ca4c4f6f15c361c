"""Watches directories for changes of their files, without polling.

Knows nothing of logs. Linux's inotify(7) through ctypes; the standard library has no call for it.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable

_MODIFY, _MOVED_TO, _CREATE, _DELETE_SELF, _MOVE_SELF, _ONLYDIR = 0x2, 0x80, 0x100, 0x400, 0x800, 0x01000000
_ATTRIB = 0x4
_ABOVE = _ATTRIB | _MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR | 0x20000000
"""For a directory that is only waited in. The last bit adds to the mask of a watch that is there (IN_MASK_ADD)."""
_MASK = _ABOVE | _MODIFY
GONE = 0x40 | 0x200 | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
"""Only what leaves a directory, or the directory itself: IN_MOVED_FROM, IN_DELETE."""


class Watch:
    """Readable when a file in one of the directories was written to, made or renamed into it.

    A directory that is not there yet, or no more, is waited for in the nearest one above it.

    Raises:
        OSError: EMFILE where the user has too many watches (`/proc/sys/fs/inotify`), for which the kernel says ENOSPC,
            as if a disk were full.
    """

    def __init__(self, directories: Iterable[str], mask: int = _MASK) -> None:
        self._mask = mask
        self._directories = tuple(dict.fromkeys(directories))
        self._numbers: set[int] = set()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._check(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            self._arm()
        except BaseException:
            os.close(self._fd)
            raise

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

    def rest(self) -> None:
        """Tell of nothing more.

        Where `close` follows some milliseconds later it returns at once: who closes what still has a watch waits for a
        grace period of the kernel's, 6 to 20 ms (fsnotify_wait_marks_destroyed()).
        """
        for number in self._numbers:
            self._libc.inotify_rm_watch(self._fd, number)
        self._numbers = set()

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _arm(self) -> None:
        wanted: set[int] = set()
        for directory in self._directories:
            number, place = self._add(directory, self._mask), directory
            while number < 0 and place != "/":
                place = os.path.dirname(place)
                number = self._add(place, _ABOVE)
                if number >= 0 and (made := self._add(directory, self._mask)) >= 0:
                    self._numbers.add(number)  # the directory was made meanwhile, and this one is to go
                    number = made
            wanted.add(number)
        for number in self._numbers - wanted:
            self._libc.inotify_rm_watch(self._fd, number)
        self._numbers = wanted

    def _add(self, directory: str, mask: int) -> int:
        """The watch's number, -1 where there is no such directory."""
        number: int = self._libc.inotify_add_watch(self._fd, os.fsencode(directory), ctypes.c_uint32(mask))
        if number < 0 and ctypes.get_errno() == errno.ENOSPC:
            raise OSError(errno.EMFILE, "too many inotify watches", directory)
        return number

    def _check(self, result: int) -> int:
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return result
