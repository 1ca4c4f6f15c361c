"""What stands in a journal of each log pipe, for who finds the journal and nobody who could tell: whose it is.

Knows nothing of who that is. A note stands behind the pipe's entry (`retained.py`), with a checksum.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Iterator, Sequence
from contextlib import suppress
from struct import Struct
from typing import NamedTuple

from udaemon.logs.retained import HELD, KEPT_AT, held_at, slot_at
from udaemon.logs.wire import Unpacker, WireError, pack

_HEAD = Struct("<II")  # checksum and bytes of what follows
_AT = 64
_ROOM = 4096 - _AT - _HEAD.size
assert HELD.size <= _AT

_BOOT, _BOOT_AT = 36, 16
"""Length and place of the machine's start in which the journal was made: the pipes of another one are no more."""


class PipeNote(NamedTuple):
    """A pipe: its name and facts, as a store of descriptors has them, and what it is open on."""

    name: str
    facts: Sequence[str]
    opened: tuple[int, int]


def put(journal: int, slot: int, note: PipeNote) -> None:
    """Note it. One that is too long is not noted; nor where there is no room."""
    text = pack(note.name, *map(str, note.opened), *note.facts)
    if len(text) <= _ROOM:
        with suppress(OSError):
            os.pwrite(journal, _HEAD.pack(crc32(text), len(text)) + text, held_at(slot) + _AT)


def forget(journal: int, slot: int) -> None:
    """There is no such pipe any more."""
    with suppress(OSError):
        os.pwrite(journal, bytes(_HEAD.size), held_at(slot) + _AT)


def notes(journal: int) -> Iterator[PipeNote]:
    """All that are there."""
    at = held_at(0)
    with suppress(OSError):  # ENXIO: there is nothing more
        while (at := os.lseek(journal, at, os.SEEK_DATA)) < KEPT_AT:
            slot = slot_at(at)
            if (found := _note(os.pread(journal, 4096 - _AT, held_at(slot) + _AT))) is not None:
                yield found
            at = held_at(slot + 1)


def put_boot(journal: int, boot: str) -> None:
    """Note in which start of the machine it was made."""
    os.pwrite(journal, boot.encode()[:_BOOT].ljust(_BOOT, b"\0"), _BOOT_AT)


def boot_of(journal: int) -> str:
    """Which that is."""
    return os.pread(journal, _BOOT, _BOOT_AT).rstrip(b"\0").decode("ascii", "replace")


def _note(data: bytes) -> PipeNote | None:
    if len(data) < _HEAD.size:
        return None
    checksum, size = _HEAD.unpack_from(data)
    text = data[_HEAD.size : _HEAD.size + size]
    if not size or len(text) != size or crc32(text) != checksum:
        return None
    try:
        ((name, device, inode, *facts),) = Unpacker().feed(text)
        return PipeNote(name, facts, (int(device), int(inode)))
    except (ValueError, WireError):
        return None
