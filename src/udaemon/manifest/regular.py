"""The bytes of a file that somebody named, if it is an ordinary one: whatever lies there, reading it never waits.

Knows no format and no manifest.
"""

from __future__ import annotations

import os
import stat

from udaemon.manifest.places import Place
from udaemon.system import oserror

LARGEST = 4 * 1024**2
"""Bytes; a manifest of 500 daemons takes a fiftieth of it."""

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Refused(Exception):
    """Why a file is not read: one of the codes `unreadable`, `too-big` and `unsafe`, and words that follow its name.

    `missing` says that there is none, or a link that leads to none.
    """

    def __init__(self, code: str, message: str, hint: str | None = None, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing
        self.code = code
        self.message = message
        self.hint = hint


def read_regular(file: str) -> bytes:
    """Read a whole file.

    Raises:
        Refused: It is none that can be read, no regular file, too large, or, for root, one that others may write.
    """
    try:
        # O_NONBLOCK: opening a FIFO must not wait for someone to write into it; O_NOCTTY: nor a terminal become ours.
        fd = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _check(os.fstat(fd))
            _check_directory(file)
            with open(fd, "rb", closefd=False) as stream:
                raw = stream.read(LARGEST + 1)
        finally:
            os.close(fd)
    except OSError as error:
        if os.path.islink(file) and not os.path.exists(file):
            raise Refused("unreadable", f"is a link to {os.readlink(file)}, which is not there", missing=True) from None
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        raise Refused("unreadable", f"cannot be read: {oserror.reason(error)}", missing=missing) from None
    if raw is None:  # a file of /proc that has nothing to say yet
        raise Refused("unreadable", "cannot be read: it holds nothing yet")
    return checked_size(raw)


def what_it_is(mode: int) -> str | None:
    """What a file is that is no regular one, in words; None for what there is no word for."""
    return next((words for is_kind, words in _KINDS if is_kind(mode)), None)


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = what_it_is(status.st_mode)
        raise Refused("unreadable", "is no regular file", kind and f"it is {kind}")
    if os.geteuid() == 0 and others_may_write(status):
        raise Refused("unsafe", "may be written by others than root")


def _check_directory(file: str) -> None:
    """Who may write the directory may put another file in this one's place, but for a directory such as /tmp."""
    if os.geteuid() == 0:
        directory = os.path.dirname(os.path.realpath(file))
        status = os.stat(directory)
        if others_may_write(status) and not status.st_mode & stat.S_ISVTX:
            message = "root reads nothing from a directory that others may write"
            raise Refused("unsafe", message, f"chown it to root and chmod go-w: {directory}")


def checked_size(raw: bytes) -> bytes:
    """Give the bytes back unless they are too many."""
    if len(raw) > LARGEST:
        raise Refused("too-big", f"is larger than {LARGEST // 1024**2} MiB")
    return raw


def others_may_write(status: os.stat_result) -> bool:
    """Whether someone who is not root may change a file."""
    by_group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return status.st_uid != 0 or by_group or bool(status.st_mode & stat.S_IWOTH)


def not_utf8(raw: bytes) -> Place | None:
    """Where a text stops to be UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        return before.count("\n") + 1, len(before) - before.rfind("\n")
    return None
