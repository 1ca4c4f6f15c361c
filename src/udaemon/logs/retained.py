"""What the steps of a logger leave behind in its journal: beginnings of lines, and what files did not take.

Knows no pipe and no step. A value is stored where nothing valid stands; the entry that makes it valid is the journal's
to write. What no logger can have written is taken as nothing: one that ended over it would be followed by others that
end over it.
"""

from __future__ import annotations

import os
from mmap import MADV_REMOVE, mmap
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from udaemon.logs.journal import Journal

HELD = Struct("<qq?")
KEPT = Struct("<qqqqd?64s")

_PAGE = 4096
_HELD_AT, _HELD_EACH, _HALF = 1 << 20, 1 << 19, 1 << 17
HELD_END = _PAGE + 2 * _HALF
"""Where, in a pipe's part of the memory, there is nothing more of its entry and of what is held back."""
KEPT_AT, _KEPT_EACH = 1 << 40, 1 << 28
"""Places of the pipes' and the files' entries. The memory is sparse: a page never written to costs nothing."""

PIPES, FILES = (KEPT_AT - _HELD_AT) // _HELD_EACH, 1 << 20
"""As many as there is room for."""
LAST, _COUNTED = 1e11, 1 << 53
"""Seconds, as a time of ours lies before the year 5000, and what can have been counted."""

MOST_KEPT = _KEPT_EACH - _PAGE
_COMPACT = 1 << 20
_LARGE = 1 << 16


class Held:
    """The beginning of a line that a pipe has brought without its end.

    Args:
        journal: Where it is stored.
        slot: The pipe's number there.
    """

    def __init__(self, journal: Journal, slot: int) -> None:
        self._fd = journal.fd
        self._at = held_at(slot)
        self._start: int
        self._length: int
        self.in_line: bool
        self._start, self._length, self.in_line = _entry(self._fd, HELD, self._at)
        if self._start not in (0, _HALF) or not 0 <= self._length <= _HALF:
            self._start = self._length = 0

    @property
    def data(self) -> bytes:
        """The bytes."""
        return os.pread(self._fd, self._length, self._at + _PAGE + self._start) if self._length else b""

    def changed(self, data: bytes | bytearray, *, in_line: bool, came: int) -> bytes:
        """Store what is held back now that `came` bytes have come.

        Returns:
            The entry for `Journal.commit`, which makes it valid; empty where all is as it was.
        """
        length = len(data)
        if length == self._length == 0 and in_line == self.in_line:
            return b""
        before = self._length
        if length == before + came:  # only added to: every end of a line would have made it shorter
            added = memoryview(data)[before:]
        else:
            before = 0
            added = memoryview(data)
            self._start = 0 if self._start else _HALF
        if length:
            os.pwrite(self._fd, added, self._at + _PAGE + self._start + before)
        self._length, self.in_line = length, in_line
        return HELD.pack(self._start, length, in_line)


class Kept:
    """What a file does not take: the bytes that are kept for it, and how many were dropped after them.

    Attributes:
        lines: How many lines were dropped.
        dropped: How many bytes.
        since: When the first of them was.
        ends_line: What was written to the file before ends a line.
        error: Why it takes no more, empty while it does.

    Args:
        journal: Where it is stored.
        slot: The file's number there.
    """

    def __init__(self, journal: Journal, slot: int) -> None:
        self._fd = journal.fd
        self._at = kept_at(slot)
        self.since: float
        *numbers, self.since, open_line, error = _entry(self._fd, KEPT, self._at)
        start, end, lines, dropped = numbers
        most = min(MOST_KEPT, os.fstat(self._fd).st_size - self._at - _PAGE)
        if not (0 <= start < end <= most):
            start = end = 0
        if not (0 < lines < _COUNTED and 0 <= dropped < _COUNTED and 0 <= self.since < LAST):
            lines = dropped = 0
            self.since = 0.0
        self._start: int = start
        self._end: int = end
        self.lines: int = lines
        self.dropped: int = dropped
        self.ends_line = not open_line
        self.error: str = error.rstrip(b"\0").decode("utf-8", "replace")
        self._entered = self._state()
        self._most = self._end

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._end - self._start

    def read(self) -> bytes:
        """The bytes."""
        return os.pread(self._fd, self.size, self._at + _PAGE + self._start) if self.size else b""

    def append(self, data: bytes) -> None:
        """Keep more; valid when committed."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, self._at + _PAGE + self._end)
            self._end += written
            view = view[written:]
        self._most = max(self._most, self._end)

    def drop(self, count: int) -> None:
        """The first bytes were written, or are given up. Commit before anything is appended."""
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start >= max(_COMPACT, self.size):
            rest = self.read()
            self._start = self._end = 0
            self.append(rest)

    def changed(self) -> bytes:
        """The entry for `Journal.commit`; empty where all is as it was."""
        state = self._state()
        if state == self._entered:
            return b""
        self._entered = state
        return KEPT.pack(*state[:4], self.since, not self.ends_line, self.error.encode()[:64])

    def release(self) -> None:
        """Give the memory of what is kept no longer back to the system; after a commit."""
        if not self._end and self._most > _LARGE:
            with mmap(self._fd, self._most, offset=self._at + _PAGE) as pages:
                pages.madvise(MADV_REMOVE)
            self._most = 0

    def _state(self) -> tuple[int, int, int, int, bool]:
        return self._start, self._end, self.lines, self.dropped, self.ends_line


def copy_data(source: int, target: int) -> None:
    """Copy all that was ever written, and no holes: there are terabytes of those (lseek(2), SEEK_DATA)."""
    end = os.fstat(source).st_size
    at = 0
    while at < end:
        try:
            at = os.lseek(source, at, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing more
            return
        data = os.pread(source, min(os.lseek(source, at, os.SEEK_HOLE) - at, _COMPACT), at)
        at += os.pwrite(target, data, at)


def held_at(slot: int) -> int:
    """Where a pipe's entry stands."""
    return _HELD_AT + slot * _HELD_EACH


def slot_at(place: int) -> int:
    """The pipe in whose part of the memory this lies."""
    return (place - _HELD_AT) // _HELD_EACH


def kept_at(slot: int) -> int:
    """Where a file's entry stands."""
    return KEPT_AT + slot * _KEPT_EACH


def _entry(fd: int, form: Struct, at: int) -> tuple[Any, ...]:
    """An entry; of one that was never written to, zeros."""
    return form.unpack(os.pread(fd, form.size, at).ljust(form.size, b"\0"))
