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
from typing import NamedTuple

from udaemon.control.sockets import ANSWERS_WITHIN, SupervisorSilent, peer_uid
from udaemon.errors import UdaemonError
from udaemon.system import procfs

SUPPORTED = sys.platform == "linux"
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
    inode = procfs.unix_names().get(os.fsencode(_address(name, uid).replace("\0", "@"))) if SUPPORTED else None
    if inode is None:
        return None
    return next(
        (pid for pid in procfs.pids() if _is_of(pid, uid) and f"socket:[{inode}]" in procfs.open_names(pid)), None
    )


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
    for name in procfs.unix_names():
        if name.startswith(begin) and b"/" not in name[len(begin) :]:
            found.add(Taken(os.fsdecode(name[len(begin) :])))
    return sorted(
        one
        for one in found
        if (hash8 is None or one.directory.endswith(f"-{hash8}")) and project in (None, one.project)
    )


def squatted(error: Squatted, directory: str) -> UdaemonError:
    """The error for a name that somebody else has."""
    return UdaemonError(f"the name of {directory} is held by a process of uid {error.uid}", "find it with ss -xlp")


def _is_of(pid: int, uid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}").st_uid == uid
    except OSError:  # it has gone
        return False


def _address(name: str, uid: int) -> str:
    return f"\0udaemon/{uid}/{name}"
