"""The instance lock: a byte of a file, locked by an open file description that every process of an instance inherits.

Knows nothing of who asks for it. The kernel releases such a lock when the last process that has the description open
has gone (fcntl(2), F_OFD_SETLK), so as long as any process of an instance lives no second copy can start. The
supervisor holds it with them, as a process may close all that it has open. Where there are no such locks (beyond
Linux), each instance has a file of its own, and an flock on it.
"""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from udaemon.system.procfs import open_files

if TYPE_CHECKING:
    from udaemon.policy.instance import Key

FILES = 256
"""All instances share so many. The kernel keeps the locks of one file in a list, and goes through it whenever a process
closes that file, as a child does with what is for others of its batch, and a program that is executed with all that its
parent has: with few files, either would take the longer the more instances there are."""
_BEFORE = 16
"""There were so many. Where the file is there in which an instance had its lock then, a process of then may have it; it
goes when nobody has a lock in it any more."""
_BY_BYTES = hasattr(fcntl, "F_OFD_SETLK")
_FLOCK = struct.Struct("hhqqi0q")
"""`struct flock` of fcntl(2): type, whence, start, length, pid."""
_NOTE = struct.Struct("=i")
_NOTES = 1024
"""Pids that are noted in a file, a page of them: two instances that have one place only cost a word in a message."""
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class LockHeld(Exception):
    """Another process has the lock. `pid` is one that was noted and found to have it, or None."""

    def __init__(self, key: Key, pid: int | None) -> None:
        super().__init__(f"pid {pid}" if pid is not None else f"an unknown process has the lock of {key}")
        self.pid = pid


def acquire(directory: str, key: Key) -> int:
    """Take the lock of an instance. Returns an fd that holds it, close-on-exec.

    Raises:
        LockHeld: A process of that instance lives.
        OSError: The file cannot be opened; a symbolic link is refused (ELOOP).
    """
    fd = _open(directory, _path(directory, key))
    try:
        _lock(fd, _place(key)[-1], 1)
    except BlockingIOError:
        pid = _holder(fd, key)
        os.close(fd)
        raise LockHeld(key, pid) from None
    except OSError:
        os.close(fd)
        raise
    return fd


def is_held(directory: str, key: Key) -> bool:
    """Whether anybody has the lock of an instance; not where that cannot be seen. It stays free for who wants it."""
    with suppress(OSError):
        fd = os.open(_path(directory, key), _FLAGS & ~os.O_CREAT)
        try:
            return _is_locked(fd, _place(key)[-1])
        finally:
            os.close(fd)
    return False


def record(lock: int, key: Key, pid: int) -> None:
    """Note in the file who has the lock. Nobody believes it unchecked, so a full disk does not matter."""
    with suppress(OSError):
        os.pwrite(lock, _NOTE.pack(pid), _note_at(key))


def noted(directory: str, key: Key) -> int | None:
    """The process that was noted last; whether it is that one yet, and has the lock, is not known."""
    with suppress(OSError):
        fd = os.open(_path(directory, key), _FLAGS & ~os.O_CREAT)
        try:
            return _noted(fd, key)
        finally:
            os.close(fd)
    return None


def discard_unused(directory: str) -> None:
    """Remove the files in which nobody has a lock."""
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        with suppress(OSError):
            fd = os.open(path, _FLAGS & ~os.O_CREAT)
            try:
                _lock(fd, 0, 0)
                os.unlink(path)
            finally:
                os.close(fd)


def are_known(directory: str) -> bool:
    """Whether anybody may have a lock of an instance."""
    try:
        return bool(os.listdir(directory))
    except FileNotFoundError:
        return False


def identity(lock: int, key: Key) -> tuple[int, ...]:
    """What tells the lock apart from every other: device, inode, and the byte where there are bytes."""
    status = os.fstat(lock)
    return (status.st_dev, status.st_ino, _place(key)[-1]) if _BY_BYTES else (status.st_dev, status.st_ino)


def lookup(directory: str, key: Key) -> tuple[int, ...] | None:
    """The same, of a lock that somebody else may have; None where nobody ever had it."""
    with suppress(OSError):
        status = os.stat(_path(directory, key), follow_symlinks=False)
        return (status.st_dev, status.st_ino, _place(key)[-1]) if _BY_BYTES else (status.st_dev, status.st_ino)
    return None


@lru_cache(maxsize=8192)
def _place(key: Key) -> tuple[str, str, int]:
    """The file of an instance's lock, the one it had before, and the byte.

    They are of its name, so that all who look for it find the same ones.

    (The number of its slot is no such thing: it is one supervisor's. This is FNV-1a; `hash` is another in each
    process, and a digest would load a library.)
    """
    if not _BY_BYTES:
        return f"{key.name}.{key.index}", f"{key.name}.{key.index}", 0
    number = 0xCBF29CE484222325
    for byte in str(key).encode():
        number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{number % FILES:02x}", f"{number % _BEFORE:x}", number >> 8


def _path(directory: str, key: Key) -> str:
    name, before, _ = _place(key)
    path = os.path.join(directory, before)
    return path if os.access(path, os.F_OK) else os.path.join(directory, name)


def _open(directory: str, path: str) -> int:
    try:
        return os.open(path, _FLAGS, 0o600)
    except FileNotFoundError:
        os.makedirs(directory, 0o700, exist_ok=True)
        return os.open(path, _FLAGS, 0o600)


def _lock(fd: int, start: int, length: int) -> None:
    """Lock so many bytes, all from `start` on for 0.

    Raises:
        BlockingIOError: Another has one of them locked.
    """
    if _BY_BYTES:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0))
    else:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_locked(fd: int, byte: int) -> bool:
    if _BY_BYTES:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
        kind: int = _FLOCK.unpack(fcntl.fcntl(fd, fcntl.F_OFD_GETLK, asked))[0]
        return kind != fcntl.F_UNLCK
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _holder(fd: int, key: Key) -> int | None:
    """The pid that is noted in the file, if that process has the lock."""
    pid = _noted(fd, key)
    return pid if pid is not None and identity(fd, key) in open_files(pid) else None


def _noted(fd: int, key: Key) -> int | None:
    note = os.pread(fd, _NOTE.size, _note_at(key))
    pid: int = _NOTE.unpack(note)[0] if len(note) == _NOTE.size else 0
    return pid if pid > 0 else None


def _note_at(key: Key) -> int:
    return _place(key)[-1] % _NOTES * _NOTE.size
