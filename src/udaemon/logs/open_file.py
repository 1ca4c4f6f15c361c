"""Opens a log file for appending, with the permissions that it is to have, if it is one that may be written to.

Knows nothing of what is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""NONBLOCK: a FIFO without a reader answers ENXIO instead of holding us up (open(2))."""

_MODE = 0o640


class NotAFileError(OSError):
    """The path is taken by something that is no regular file."""


def open_log(path: str, flags: int = 0, mode: int | None = None) -> int:
    """Open a log file for appending, making it and its directory where they are missing. Never blocks.

    Args:
        path: Absolute.
        flags: Further ones for open(2).
        mode: Permissions that it is to have, one that was there too; None for ours when it is made.

    Raises:
        NotAFileError: A link, FIFO, device or directory stands there.
        OSError: What else the kernel says.
    """
    try:
        fd = os.open(path, _FLAGS | flags, _MODE)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=_of_directory(_MODE if mode is None else mode), exist_ok=True)
        fd = os.open(path, _FLAGS | flags, _MODE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise NotAFileError(errno.ELOOP, "a symbolic link, not a file", path) from None
        if error.errno in (errno.ENXIO, errno.EISDIR):
            raise NotAFileError(error.errno, "not a regular file", path) from None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotAFileError(errno.EINVAL, "not a regular file", path)
    if mode is not None:
        set_mode(fd, mode)
    return fd


def set_mode(fd: int, mode: int) -> None:
    """Give a file its permissions. One that belongs to somebody else keeps its own, and is written to all the same."""
    if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
        with contextlib.suppress(OSError):
            os.fchmod(fd, mode)


def _of_directory(mode: int) -> int:
    """Who may read a file may also find it in a directory that is made for it."""
    return 0o700 | (mode & 0o044) | (mode & 0o044) >> 2
