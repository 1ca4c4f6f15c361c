"""What the kernel tells of processes and sockets in /proc, each file read in one place (proc(5)).

Knows nothing of what is asked for it, and imports nothing that a fresh fork or the logger would not have. Functions
that begin with `parse_` take the text of a file; the others read it. A process may be gone between any two calls.
"""

from __future__ import annotations

import os
from contextlib import suppress
from stat import S_ISFIFO, S_ISREG, S_IWUSR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 4096
"""`children` is handed out a page at a time; a list that is longer may change between two reads."""
_MEMORY_PAGE = os.sysconf("SC_PAGE_SIZE")


class Stat:
    """What `/proc/PID/stat` says of a process."""

    __slots__ = ("arguments", "exit_code", "session", "started", "state")

    def __init__(
        self, state: str, session: int, started: int, arguments: tuple[int, int], exit_code: int | None
    ) -> None:
        self.state = state
        self.session = session
        self.started = started
        """In clock ticks since the system was started."""
        self.arguments = arguments
        """Where its arguments begin and end in its memory; zeros where we may not know."""
        self.exit_code = exit_code
        """Of a zombie: as wait(2) has it. None where the kernel does not tell."""

    @property
    def zombie(self) -> bool:
        """Whether it has ended."""
        return self.state in {"Z", "X"}


def parse_stat(text: bytes) -> Stat | None:
    """None where it is cut short. The second field is the name, in parentheses, and may hold any character."""
    fields = text.rpartition(b") ")[2].split()
    try:
        arguments = (int(fields[45]), int(fields[46]))
        code = int(fields[49]) if len(fields) > 49 else None
        return Stat(fields[0].decode(), int(fields[3]), int(fields[19]), arguments, code)
    except (IndexError, ValueError):
        return None


def parse_statm(text: bytes) -> int | None:
    """Resident memory in bytes."""
    try:
        return int(text.split()[1]) * _MEMORY_PAGE
    except (IndexError, ValueError):
        return None


def parse_environ(text: bytes) -> dict[bytes, bytes]:
    """The environment as the program was given it; of two variables of one name the first counts, as for getenv(3)."""
    found: dict[bytes, bytes] = {}
    for entry in text.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals:
            found.setdefault(name, value)
    return found


def parse_fdinfo(text: bytes) -> int:
    """The pid that a pidfd names; -1 for a process that has been reaped, 0 for one of another pid namespace."""
    return next((int(line[4:]) for line in text.splitlines() if line.startswith(b"Pid:")), -1)


def parse_unix(text: bytes) -> dict[bytes, int]:
    """The inodes of Unix sockets by their names, those of the abstract namespace with @ before them."""
    rows = (line.split(maxsplit=7) for line in text.split(b"\n")[1:])
    return {row[7]: int(row[6]) for row in rows if len(row) == 8}


def parse_cgroup(text: bytes) -> str:
    """The place in the hierarchy of cgroup v2."""
    return next((os.fsdecode(line[3:]) for line in text.splitlines() if line.startswith(b"0::")), "/")


def read(path: str) -> bytes:
    """A file of /proc.

    Raises:
        OSError: Its process has gone or may not be looked at, or this system has no such file.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = piece = os.read(fd, 65536)
        while piece and (piece := os.read(fd, 65536)):
            text += piece
        return text
    finally:
        os.close(fd)


def read_or_nothing(path: str) -> bytes:
    """The same, empty where it cannot be read."""
    try:
        return read(path)
    except OSError:
        return b""


def stat(pid: int | str = "self") -> Stat | None:
    """What a process is like at this moment, None when there is none."""
    return parse_stat(read_or_nothing(f"/proc/{pid}/stat"))


def is_suspended(pid: int) -> bool:
    """Whether a process stands still until it gets CONT, as STOP has it do."""
    found = stat(pid)
    return found is not None and found.state == "T"


def parent(pid: int) -> int | None:
    """The process whose child one is at this moment; None when it has gone."""
    fields = read_or_nothing(f"/proc/{pid}/stat").rpartition(b") ")[2].split()
    return int(fields[1]) if len(fields) > 1 else None


def environ(pid: int | str = "self") -> dict[bytes, bytes]:
    """The environment that a process was executed with.

    Raises:
        OSError: It has gone or may not be looked at.
    """
    return parse_environ(read(f"/proc/{pid}/environ"))


def comm(pid: int | str = "self") -> str | None:
    """The name of a process's program, None when there is none."""
    return read_or_nothing(f"/proc/{pid}/comm").decode(errors="replace").strip() or None


def cgroup() -> str:
    """Our own place in the hierarchy of cgroup v2."""
    return parse_cgroup(read_or_nothing("/proc/self/cgroup"))


def unix_names() -> dict[bytes, int]:
    """The names of all Unix sockets in our network namespace, each with its inode."""
    return parse_unix(read_or_nothing("/proc/net/unix"))


def pids() -> list[int]:
    """All processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def tasks(pid: int | str = "self") -> list[str]:
    """The threads of a process.

    Raises:
        OSError: It has gone, or there is no memory for the list.
    """
    return os.listdir(f"/proc/{pid}/task")


def children(pid: int | str = "self") -> list[int]:
    """Pids of all direct children of a process, zombies too; those of one thread in the order of their birth.

    Raises:
        OSError: It has gone, or there is no memory for the list.
    """
    return [child for task in tasks(pid) for child in _children_of_task(f"/proc/{pid}/task/{task}/children")]


def _children_of_task(path: str) -> list[int]:
    text, again = read_or_nothing(path), b""
    while len(text) >= _PAGE and text != again:
        text, again = read_or_nothing(path), text
    return [int(word) for word in text.split()]


def descriptors(pid: int | str = "self") -> list[str]:
    """The numbers of the files that a process has open; in our own the one that this list is read by is among them.

    Raises:
        OSError: It has gone or may not be looked at.
    """
    return os.listdir(f"/proc/{pid}/fd")


def open_files(pid: int, *, read_ends: bool = True) -> frozenset[tuple[int, ...]]:
    """Device and inode of every file a process has open; empty when it has gone or may not be looked at.

    With the first byte of each lock that an open file description of its has (fcntl(2), F_OFD_SETLK), once more.

    Args:
        pid: The process.
        read_ends: Whether a pipe is among them that it can only read from.
    """
    found: set[tuple[int, ...]] = set()
    with suppress(OSError):
        for number in descriptors(pid):
            with suppress(OSError):
                path = f"/proc/{pid}/fd/{number}"
                status = os.stat(path)
                if not read_ends and S_ISFIFO(status.st_mode) and not os.lstat(path).st_mode & S_IWUSR:
                    continue  # the link's mode is that of the open file description (proc(5))
                found.add((status.st_dev, status.st_ino))
                if S_ISREG(status.st_mode):
                    told = read(f"/proc/{pid}/fdinfo/{number}")
                    found.update((status.st_dev, status.st_ino, byte) for byte in parse_locked_bytes(told))
    return frozenset(found)


def parse_locked_bytes(text: bytes) -> Iterator[int]:
    """The first byte of each lock of an open file description, as proc(5) has them in fdinfo: `lock: 1: OFDLCK …`."""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == [b"lock:"] and words[2:3] == [b"OFDLCK"] and words[-2].isdigit():
            yield int(words[-2])


def open_names(pid: int) -> Iterator[str]:
    """What the kernel calls every file a process has open; nothing when it has gone or may not be looked at."""
    with suppress(OSError):
        for number in descriptors(pid):
            with suppress(OSError):
                yield os.readlink(f"/proc/{pid}/fd/{number}")


def path_of(fd: int) -> str:
    """A path to what we have open; to open it gives a description of our own, with flags of its own."""
    return f"/proc/self/fd/{fd}"


def pid_of(pidfd: int) -> int:
    """The pid that one of our pidfds names, as the kernel shows it; -1 for a process that has been reaped."""
    return parse_fdinfo(read(f"/proc/self/fdinfo/{pidfd}"))
