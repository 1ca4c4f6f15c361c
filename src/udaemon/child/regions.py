"""The memory of the scoreboard: regions of sealed memory, and the file in the run directory that leads to them.

Knows nothing of what stands in a slot but its name. A region never changes its size (memfd_create(2)): a store beyond
the end would kill its writer by SIGBUS, and a child may be hostile. So a scoreboard that has become too small gets one
more region; whoever has mapped an older one keeps it.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
from collections.abc import Sequence
from contextlib import suppress

MAGIC = b"udaemon\0"
VERSION = 2
HEADER = struct.Struct("=8sIII")  # magic, version, slots, bytes a slot
HEADER_SIZE = 4096
SLOT_SIZE = 2048
NAME_SIZE = 80
NAME_PLACE = SLOT_SIZE - NAME_SIZE
"""Where in a slot its name stands, UTF-8, filled up with zeros: `mailer/0`."""

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
_POINTER = re.compile(rb"/proc/[0-9]{1,10}/fd/[0-9]{1,10}")
_POINTERS = 4096
"""Bytes of the file that are read: well over a hundred regions."""


def make(slots: int) -> int:
    """Make a region with empty slots. Returns its descriptor.

    Raises:
        OSError: There are no descriptors or there is no memory left.
    """
    fd = os.memfd_create("udaemon-scoreboard", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        head = HEADER.pack(MAGIC, VERSION, slots, SLOT_SIZE)
        # Written in full: a store into a hole is a SIGBUS when there is no memory left.
        with open(fd, "wb", closefd=False) as file:
            file.write(head.ljust(HEADER_SIZE, b"\0") + bytes(slots * SLOT_SIZE))
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def version_of(fd: int) -> int | None:
    """The version of a region's form; None where it is no region."""
    head = os.pread(fd, HEADER.size, 0)
    if len(head) != HEADER.size:
        return None
    magic, version, _slots, _size = HEADER.unpack(head)
    return int(version) if magic == MAGIC else None


def point(path: str, fds: Sequence[int]) -> None:
    """Put a file there that leads to these regions; one that is there is replaced, never written to."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o600), "w", encoding="ascii") as pointer:
        pointer.write("".join(f"/proc/{os.getpid()}/fd/{fd}\n" for fd in fds))


def pointed(path: str) -> list[tuple[int, int]]:
    """Descriptor and number of slots of each region that the file leads to; none where one is no region or gone."""
    pointer = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        lines = os.read(pointer, _POINTERS).splitlines()
    except OSError:
        lines = []
    finally:
        os.close(pointer)
    if not all(map(_POINTER.fullmatch, lines)):
        return []
    found: list[tuple[int, int]] = []
    for line in lines:
        if (region := _open(line)) is None:
            for fd, _ in found:
                os.close(fd)
            return []
        found.append(region)
    return found


def put_slot(fd: int, number: int, name: str) -> None:
    """Empty a slot and write its name there, empty for a slot that nobody has."""
    text = name.encode()
    if len(text) > NAME_SIZE:
        raise ValueError(f"{name} is too long for the name of a slot")
    os.pwrite(fd, text.rjust(NAME_PLACE + len(text), b"\0").ljust(SLOT_SIZE, b"\0"), HEADER_SIZE + number * SLOT_SIZE)


def name_of(fd: int, number: int) -> str:
    """The name that stands in a slot; what is no text is no name of ours."""
    name = os.pread(fd, NAME_SIZE, HEADER_SIZE + number * SLOT_SIZE + NAME_PLACE)
    return name.rstrip(b"\0").decode("utf-8", "replace")


def _open(place: bytes) -> tuple[int, int] | None:
    try:
        fd = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:  # its supervisor has gone
        return None
    try:
        head = os.pread(fd, HEADER.size, 0)
    except OSError:
        head = b""
    if len(head) == HEADER.size:
        magic, version, slots, size = HEADER.unpack(head)
        if (magic, version, size) == (MAGIC, VERSION, SLOT_SIZE):
            return fd, slots
    os.close(fd)
    return None
