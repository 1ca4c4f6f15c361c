"""The control socket in a run directory: bound by the supervisor, connected to by clients, through the directory's fd.

Knows nothing of what is said over it.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from udaemon.control.rundir import SUPERVISOR_STDERR
from udaemon.errors import UdaemonError
from udaemon.system.last_words import last_words_at
from udaemon.system.procfs import path_of

SOCKET = "control.sock"
ANSWERS_WITHIN = 10.0
"""Seconds for a connect and for the first answer of any verb; a supervisor needs milliseconds."""
_UCRED = struct.Struct("3i")  # pid, uid, gid (unix(7))


class SupervisorSilent(UdaemonError):
    """There is a supervisor, and it does not answer.

    Args:
        pid: Which process began to listen, where that is known.
        directory: Its run directory, likewise.
    """

    def __init__(self, pid: int | None = None, directory: str | None = None) -> None:
        which = "" if pid is None else f", pid {pid},"
        if pid is not None and not os.path.exists(f"/proc/{pid}"):  # its keeper has the socket, and no successor yet
            what = "has ended, and none that answers has come after it"
            said = "" if directory is None else last_words_at(f"{directory}/{SUPERVISOR_STDERR}")
            why = f"; the last one said: {said}" if said else ": can the installed udaemon run?"
            hint = f"the daemons go on, and another one is tried every ten seconds{why}"
        else:
            what = "does not answer"
            hint = "is it stopped (kill -CONT lets it go on), or the machine overloaded?"
        super().__init__(f"the supervisor{which} {what}", hint)


def listen(fd: int) -> socket.socket:
    """Bind the control socket anew, 0600 and not blocking; call it only with the lock held."""
    with suppress(FileNotFoundError):
        os.unlink(SOCKET, dir_fd=fd)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        with _address(fd) as address:
            listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.setblocking(False)
    return listener


def connect(fd: int, timeout: float | None = None) -> socket.socket | None:
    """Connect to the supervisor of this directory; None where nobody listens.

    Args:
        fd: The run directory.
        timeout: Seconds for this, and from then on for each send and receive.

    Raises:
        SupervisorSilent: More clients wait to be taken than it lets wait, and it took none in time.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if timeout is not None:
            # A socket that does not block is refused at once where the queue is full (connect(2), EAGAIN); one that
            # does waits for as long as it may wait to send.
            limit = struct.pack("ll", int(timeout), int(timeout % 1 * 1e6))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        with _address(fd) as address:
            connection.connect(address)
        connection.settimeout(timeout)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except BlockingIOError:
        connection.close()
        raise SupervisorSilent from None
    except BaseException:
        connection.close()
        raise
    return connection


def peer_pid(connection: socket.socket) -> int | None:
    """The process at the other end, as the kernel knows it; None where it does not tell, or it is not of our kind."""
    with suppress(OSError, AttributeError):  # the latter: it is not known beyond Linux
        pid, _uid, _gid = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        return int(pid) or None
    return None


def peer_uid(connection: socket.socket) -> int | None:
    """Whose process is at the other end, as the kernel knows it; None where it does not tell."""
    with suppress(OSError, AttributeError):
        _pid, uid, _gid = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        return int(uid)
    return None


@contextmanager
def ending(connection: socket.socket) -> Iterator[int | None]:
    """A pidfd of the process at the other end, None where there is no such thing or it has ended."""
    pid, pidfd = peer_pid(connection), None
    if pid is not None:
        with suppress(OSError, AttributeError):
            pidfd = os.pidfd_open(pid)
    try:
        yield pidfd
    finally:
        if pidfd is not None:
            os.close(pidfd)


@contextmanager
def _address(fd: int) -> Iterator[str]:
    """A path of the socket that is short whatever the directory's is: AF_UNIX paths end at 107 bytes (unix(7))."""
    if os.path.exists(path_of(fd)):
        yield f"{path_of(fd)}/{SOCKET}"
        return
    before = os.open(".", os.O_RDONLY)
    try:
        os.fchdir(fd)
        yield SOCKET
    finally:
        os.fchdir(before)
        os.close(before)
