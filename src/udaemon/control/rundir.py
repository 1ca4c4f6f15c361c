"""The run directory: where it is, who may use it, and the locks in it.

Knows nothing of the socket in it (`sockets.py`), nor of how it is removed (`rundir_removal.py`). `up`, the supervisor
and every client come through here, so it imports only os, fcntl, time and binascii.
"""

from __future__ import annotations

import binascii
import fcntl
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress

from udaemon.errors import UdaemonError
from udaemon.system import oserror
from udaemon.units import counted

MUTEX_WITHIN = 30.0
"""Seconds in which another `up` is through: its supervisor stands by then, or never will."""
LOCK = "lock"
SCOREBOARD = "scoreboard"
SUPERVISOR_PID = "supervisor.pid"
SUPERVISOR_STDERR = "supervisor.err"
"""What a supervisor that comes after another one writes until it stands."""
_FILES, LOCK_FILES = 9, 256
"""What lies there beside a pid file for each instance; its lock may make one more, up to so many (engines/locks.py)."""
_PAGE = 4096
"""Bytes that a small file takes on most file systems."""

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def base(environ: Mapping[str, str], uid: int) -> str:
    """The directory of all run directories of one user; it need not be there yet.

    `$XDG_RUNTIME_DIR` counts only where it is an absolute directory of that user, as its specification asks.
    """
    given = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(given):
        with suppress(OSError):
            if os.stat(given).st_uid == uid:
                return os.path.join(given, "udaemon")
    return "/run/udaemon" if uid == 0 else f"/tmp/udaemon-{uid}"  # noqa: S108 - made 0700 and checked


def hash8(manifest: str) -> str:
    """Eight hex digits that stand for a manifest's real path; they keep projects apart and hide nothing."""
    return f"{binascii.crc32(os.fsencode(os.path.realpath(manifest))):08x}"


def directory_name(project: str, manifest: str) -> str:
    """Name of the run directory of a project whose first manifest file is `manifest`."""
    return f"{project}-{hash8(manifest)}"


def candidates(base_directory: str, manifest: str | None = None, project: str | None = None) -> list[str]:
    """Run directories there are for a manifest, for a project's name, or for both; all of them for neither.

    A client finds its directory so without reading the manifest.
    """
    ending = "" if manifest is None else f"-{hash8(manifest)}"
    try:
        names = sorted(os.listdir(base_directory))
    except OSError:
        return []
    found = [name for name in names if name.endswith(ending) and (project is None or name[:-9] == project)]
    return [os.path.join(base_directory, name) for name in found]


def open_directory(path: str) -> int:
    """Open a run directory after checking that nobody else can write there. The fd is close-on-exec.

    Raises:
        UdaemonError: It belongs to somebody else, or others may use it.
        OSError: It cannot be opened.
    """
    fd = os.open(path, DIRECTORY_FLAGS)
    try:
        _check(fd, path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def make(base_directory: str, name: str, *, within: float = MUTEX_WITHIN) -> int:
    """Make the run directory `name` unless it is there; open it, and hold its start mutex.

    The mutex is an flock on the directory itself: of several `up` at once the first goes on, the others wait here for
    so many seconds. `release` lets go of it.

    Raises:
        UdaemonError: It cannot be made, or is not safe to use, or another `up` has it for too long.
    """
    path = os.path.join(base_directory, name)
    until = time.monotonic() + within
    try:
        _make_base(base_directory)
        while True:
            with suppress(FileExistsError):
                os.mkdir(path, 0o700)
            try:
                fd = open_directory(path)
            except FileNotFoundError:  # the supervisor before us removed it meanwhile
                continue
            try:
                if not _locked(fd, until - time.monotonic()):
                    raise _busy(path, fd, within)
                if leads_to(path, fd):
                    return fd
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)  # likewise, while we waited
    except OSError as error:
        message = f"run directory {path} cannot be made: {oserror.named_reason(error)}"
        raise UdaemonError(message, "XDG_RUNTIME_DIR names another place") from error


def _locked(fd: int, seconds: float) -> bool:
    """Take a directory's mutex, if another lets go of it in time."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if seconds <= 0:
            return False
    else:
        return True
    from threading import Thread  # who waits has time for it

    # flock(2) knows no time-out. A thread that waits in vain lets go of what it gets too late with its own descriptor.
    copy = os.dup(fd)

    def wait() -> None:
        try:
            fcntl.flock(copy, fcntl.LOCK_EX)
        finally:
            os.close(copy)

    waiting = Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(seconds)
    return not waiting.is_alive()


def _busy(path: str, fd: int, within: float) -> UdaemonError:
    """Say who has a directory's mutex, as far as the kernel's table of locks tells (proc(5))."""
    inode = f":{os.fstat(fd).st_ino}"
    pid = None
    with suppress(OSError), open("/proc/locks", encoding="ascii") as table:
        found = (line.split() for line in table)
        pid = next((words[4] for words in found if words[1] == "FLOCK" and words[5].endswith(inode)), None)
    who = "another up" if pid is None else f"another up, pid {pid},"
    waited = f" and was not through within {within:g} s" if within else ""
    hint = f"let it go on (kill -CONT {pid or 'PID'}), or end it"
    return UdaemonError(f"run directory {path} cannot be made: {who} is at it{waited}", hint)


def check_room(path: str, instances: int) -> None:
    """See that the run directory takes all that will be put there: better now than one instance by one.

    Raises:
        UdaemonError: Its file system has no room for it.
    """
    files = _FILES + instances + min(instances, LOCK_FILES)
    status = os.statvfs(path)
    if status.f_files and status.f_favail < files:  # some file systems count no files
        lack = f"{counted(status.f_favail, 'file')} more, and {files} are needed"
    elif status.f_bavail * status.f_frsize < files * _PAGE:
        lack = f"{status.f_bavail * status.f_frsize // 1024} KiB more, and {files * _PAGE // 1024} are needed"
    else:
        return
    raise UdaemonError(f"run directory {path}: No space left on device (ENOSPC): it takes {lack}")


def release(fd: int) -> None:
    """Release the start mutex; the fd stays open."""
    fcntl.flock(fd, fcntl.LOCK_UN)


def take_lock(fd: int, *, wait: bool = False) -> int | None:
    """Take the lock of the one supervisor of this directory: an fd that holds it, or None where another has it.

    The lock is the truth, not the file: a file that a dead supervisor left behind is simply locked again. With `wait`
    the end of another supervisor is waited for; use it only for one that is about to end.
    """
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=fd)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    return lock


def running(fd: int) -> bool:
    """Whether a supervisor holds this directory's lock."""
    try:
        lock = os.open(LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def write_pid(fd: int, pid: int) -> None:
    """Write the supervisor's pid file: for people, nothing here believes it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(SUPERVISOR_PID, flags, 0o600, dir_fd=fd)
    try:
        os.write(file, str(pid).encode())
    finally:
        os.close(file)


def read_pid(fd: int) -> int | None:
    """What the pid file says, to be shown to a person."""
    try:
        file = os.open(SUPERVISOR_PID, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)
    except OSError:
        return None
    try:
        text = os.read(file, 32)
    finally:
        os.close(file)
    return int(text) if text.isdigit() else None


def open_stderr(fd: int) -> int:
    """Open the file for what a supervisor writes until it stands.

    Raises:
        OSError: It cannot be made.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(SUPERVISOR_STDERR, flags, 0o600, dir_fd=fd)


def _make_base(path: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)
    os.close(open_directory(path))


def _check(fd: int, path: str) -> None:
    status = os.fstat(fd)
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        wrong, mend = f"it belongs to uid {status.st_uid}", "let XDG_RUNTIME_DIR name a directory of yours"
    elif mode & 0o077:
        wrong, mend = f"its mode is {mode:04o}", f"it must be yours alone: chmod 700 {path}"
    else:
        return
    raise UdaemonError(f"run directory {path} is not safe: {wrong}", mend)


def leads_to(path: str, fd: int) -> bool:
    """Whether the directory at `path` is the one that is open as `fd`."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False
