"""The instance lock: an flock on a file of its own, which every process of an instance inherits.

Knows nothing of who asks for it. The kernel releases a lock when the last process that has the file open has gone,
so as long as any process of an instance lives no second copy can start. The supervisor holds it
with them, as a process may close all that it has open.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from udaemon.policy.instance import Key
from udaemon.system.file_identity import identity
from udaemon.system.procfs import open_files

_PID_DIGITS = 20


class LockHeld(Exception):
    """Another process has the lock. `pid` is one that says so of itself and was found to be true, or None."""

    def __init__(self, path: str, pid: int | None) -> None:
        super().__init__(f"pid {pid}" if pid is not None else f"an unknown process has {path} open")
        self.path = path
        self.pid = pid


def acquire(directory: str, key: Key) -> int:
    """Take the lock of an instance. Returns an fd that holds it, close-on-exec.

    Raises:
        LockHeld: A process of that instance lives.
        OSError: The file cannot be opened; a symbolic link is refused (ELOOP).
    """
    fd = _open(directory, key)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = _holder(fd)
        os.close(fd)
        raise LockHeld(_path(directory, key), pid) from None
    except OSError:
        os.close(fd)
        raise
    return fd


def record(lock: int, pid: int) -> None:
    """Note in the file who has the lock. Nobody believes it unchecked, so a full disk does not matter."""
    with suppress(OSError):
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{pid}\n".encode(), 0)


def discard(directory: str, key: Key) -> bool:
    """Remove the file of a lock that nobody has. Returns whether there is none now."""
    try:
        fd = acquire(directory, key)
    except FileNotFoundError:
        return True
    except (LockHeld, OSError):
        return False
    with suppress(OSError):
        os.unlink(_path(directory, key))
    os.close(fd)
    return True


def _open(directory: str, key: Key) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    path = _path(directory, key)
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(directory, 0o700, exist_ok=True)
        return os.open(path, flags, 0o600)


def _path(directory: str, key: Key) -> str:
    return os.path.join(directory, f"{key.name}.{key.index}")


def _holder(fd: int) -> int | None:
    """The pid written in the file, if that process has the file open."""
    text = os.pread(fd, _PID_DIGITS, 0).strip()
    if not text.isdigit() or int(text) == 0:
        return None
    pid = int(text)
    return pid if identity(fd) in open_files(pid) else None
