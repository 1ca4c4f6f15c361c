"""The name by which a project is claimed: an abstract socket, which no variable moves and nobody can remove.

Knows nothing of what is said over it. The run directory depends on `XDG_RUNTIME_DIR`, which su, cron and ssh change,
and a cleaner may take it away; the name of an abstract socket (unix(7)) is the kernel's, one for each network
namespace. It lasts as long as a process has the socket open. Where there are none (beyond Linux) the lock file alone
decides.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from typing import NamedTuple

from udaemon.control.sockets import ANSWERS_WITHIN, SupervisorSilent, peer_uid
from udaemon.errors import UdaemonError

SUPPORTED = sys.platform == "linux"
_TABLE = "/proc/net/unix"
_QUEUE = 128


class Squatted(Exception):
    """Somebody else has the name: `uid`, whom we do not believe."""

    def __init__(self, uid: int) -> None:
        super().__init__(f"a process of uid {uid} has it")
        self.uid = uid


class Taken(NamedTuple):
    """A project that is claimed: the name of its run directory."""

    directory: str

    @property
    def project(self) -> str:
        """The project's name."""
        return self.directory.rpartition("-")[0]


def take(directory: str, uid: int) -> socket.socket | None:
    """Claim a project by the name of its run directory. Returns a socket that listens, None where it is taken.

    To be asked only where such names are `SUPPORTED`.

    Raises:
        Squatted: Another user's process has the name.
        OSError: There are no descriptors left.
    """
    claimed = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claimed.bind(_address(directory, uid))
        claimed.listen(_QUEUE)
    except OSError as error:
        claimed.close()
        if error.errno != errno.EADDRINUSE:
            raise
        connection = connect(directory, uid)
        if connection is not None:
            connection.close()
        return None
    claimed.setblocking(False)
    return claimed


def adopt(fd: int) -> socket.socket:
    """A claim that another process made for us: who connects is told of this process from now on (listen(2))."""
    claimed = socket.socket(fileno=fd)
    claimed.listen(_QUEUE)
    return claimed


def hold(name: str, uid: int) -> socket.socket | None:
    """Take a name that nobody connects to, as `udaemon run` does for an instance. Returns what holds it.

    None where another has it, or where there are no such names.
    """
    if not SUPPORTED:
        return None
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        held.bind(_address(name, uid))
    except OSError:
        held.close()
        return None
    return held


def holder(name: str, uid: int) -> int | None:
    """The pid of a process of this user that holds a name, None where none does.

    Somebody else who has it is not believed, so that nobody can keep others from starting.
    """
    probe = hold(name, uid)
    if probe is not None:
        probe.close()
        return None
    inode = _inode(_address(name, uid)) if SUPPORTED else None
    if inode is None:
        return None
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it has gone, or is another user's
            if os.stat(f"/proc/{pid}").st_uid == uid and inode in _open_sockets(pid):
                return int(pid)
    return None


def connect(directory: str, uid: int) -> socket.socket | None:
    """Connect to the supervisor of a project, wherever its run directory is; None where nobody has claimed it.

    Raises:
        Squatted: Another user's process has the name.
        SupervisorSilent: It takes no client in time.
    """
    if not SUPPORTED:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWERS_WITHIN)
    try:
        connection.connect(_address(directory, uid))
    except ConnectionRefusedError:
        connection.close()
        return None
    except (BlockingIOError, TimeoutError):
        connection.close()
        raise SupervisorSilent from None
    owner = peer_uid(connection)
    if owner != uid:
        connection.close()
        raise Squatted(-1 if owner is None else owner)
    return connection


def taken(uid: int, hash8: str | None = None, project: str | None = None) -> list[Taken]:
    """The projects of a user that are claimed; of one manifest, of one name, or all."""
    begin = f"@udaemon/{uid}/".encode()
    found = set()
    with suppress(OSError), open(_TABLE, "rb") as table:
        for line in table:
            name = line.rpartition(b" ")[2].rstrip(b"\n")
            if name.startswith(begin) and b"/" not in name[len(begin) :]:
                found.add(Taken(os.fsdecode(name[len(begin) :])))
    return sorted(
        one
        for one in found
        if (hash8 is None or one.directory.endswith(f"-{hash8}")) and project in (None, one.project)
    )


def squatted(error: Squatted, directory: str) -> UdaemonError:
    """What to tell of a name that somebody else has."""
    return UdaemonError(f"the name of {directory} is held by a process of uid {error.uid}", "find it with ss -xlp")


def _inode(address: str) -> str | None:
    """What a bound socket is called in /proc/PID/fd."""
    wanted = os.fsencode(address.replace("\0", "@"))
    with suppress(OSError), open(_TABLE, "rb") as table:
        for line in table:
            words = line.split()
            if words[-1] == wanted:
                return f"socket:[{int(words[6])}]"
    return None


def _open_sockets(pid: str) -> set[str]:
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with suppress(OSError):
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return found


def _address(name: str, uid: int) -> str:
    return f"\0udaemon/{uid}/{name}"
