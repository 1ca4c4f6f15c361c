"""Sets the title of a process for `ps` and `top`, where several would look like the one they were forked from.

Knows nothing of what they do. Where the system refuses, the title stays as it is.
"""

from __future__ import annotations

import os
from functools import cache

from udaemon.system import procfs

Title = tuple[bytes, bytes, int]
"""A process's own name, what replaces its arguments, and where."""


def set_title(name: str) -> None:
    """Show `udaemon: NAME` as this process's arguments, and `NAME` as its own name, of which fifteen bytes are kept."""
    show(title_of(name))


def title_of(name: str) -> Title:
    """The title of this process, or of one that is forked from it."""
    try:
        start, room = _arguments()
    except (OSError, ValueError):
        return name.encode(), b"", 0
    return name.encode(), f"udaemon: {name}".encode()[: room - 1].ljust(room, b"\0"), start


def show(title: Title) -> None:
    """Show it."""
    name, arguments, place = title
    try:
        _write("/proc/self/comm", name)
        if place:
            _write("/proc/self/mem", arguments, place)
    except OSError:
        pass


@cache
def _arguments() -> tuple[int, int]:
    """Where the arguments are in the memory of this process, and of those it is forked into, and how long."""
    stat = procfs.stat()
    if stat is None:
        raise OSError("this system does not say where they are")
    start, end = stat.arguments
    return start, end - start


def _write(path: str, data: bytes, place: int = 0) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if place:
            os.lseek(fd, place, os.SEEK_SET)
        os.write(fd, data)
    finally:
        os.close(fd)
