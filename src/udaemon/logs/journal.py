"""What the logger has taken out of pipes and not yet put into files, in memory that outlives it.

Knows no pipe, file or format. The supervisor makes the memory and hands it to each logger in turn.

At any moment one *step* is under way, written down before it is done: a chunk is moved, formatted and written, or what
was kept for a file is tried again. A record is written beside the valid one, and a single byte then makes it the valid
one: whoever reads after a kill sees the one or the other. What a step leaves behind (the beginning of a line, bytes
that a file refused) is first stored where nothing valid stands; the record then names the new places, and only then
they are entered. Each part can be done again, so a kill during the recovery needs no recovery of its own.
"""

from __future__ import annotations

import os
from mmap import MADV_REMOVE, mmap
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHUNK = 64 * 1024
"""As much as a pipe holds by default; more at a time was slower (a fresh mapping for each buffer)."""

IDLE, MOVE, WRITE, FINISH, RETRY, COMMIT = range(6)
"""Nothing is under way; a chunk is moved out of its pipe; it is written; so is what was kept back of a pipe that has
ended; what was kept for a file is tried again; the outcome is entered."""

_PAGE = 4096
_SIZE = 2 * _PAGE + CHUNK
_RECORDS = (64, _PAGE // 2)
_STEP = Struct("<BBiiqd")
_CHUNK, _CHUNK_AT = Struct("<qd"), 10
_INTENT, _INTENT_AT = Struct("<qQQqq"), _STEP.size
_OUTCOME = _STEP.size + _INTENT.size
_HELD = Struct("<qq?")
_KEPT = Struct("<qqqqd?64s")

_HELD_AT, _HELD_EACH, _HALF = 1 << 20, 1 << 19, 1 << 17
_KEPT_AT, _KEPT_EACH = 1 << 32, 1 << 28
"""Places of the pipes' and the files' entries. The memory is sparse: a page never written to costs nothing."""

_COMPACT = 1 << 20
_LARGE = 1 << 16


def allocate() -> int:
    """A descriptor of new memory for a journal.

    Raises:
        OSError: There is none to be had.
    """
    fd = os.memfd_create("udaemon-journal", os.MFD_CLOEXEC)
    try:
        os.posix_fallocate(fd, 0, _SIZE)
    except BaseException:
        os.close(fd)
        raise
    return fd


class Journal:
    """The record of the step under way, and the chunk that it is about.

    Attributes:
        phase: What is under way.
        stream: Slot of the pipe that the chunk came from.
        sink: Slot of the file that it goes to.
        size: Bytes of the chunk.
        time: When it was captured: with that, formatting it again gives the same bytes.
        begun: Whether a write to a file was begun; the rest is about that.
        done: How many of the bytes to write were in files before it.
        identity: Device and inode of its file.
        offset: Size of the file before it.
        length: How many bytes it was to write.
        room: Where the chunk is read to.

    Args:
        fd: From `allocate`, or another process's `allocate`; it stays the caller's.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._map = mmap(fd, _SIZE)
        self.size: int
        self.time: float
        self.done: int
        self.offset: int
        self.length: int
        self.room = memoryview(self._map)[2 * _PAGE :]
        self._side = self._map[0] & 1
        at = _RECORDS[self._side]
        self.phase, self.begun, self.stream, self.sink, self.size, self.time = _STEP.unpack_from(self._map, at)
        self.done, *identity, self.offset, self.length = _INTENT.unpack_from(self._map, at + _INTENT_AT)
        self.identity: tuple[int, int] = (identity[0], identity[1])
        if self.phase == COMMIT:
            at += _OUTCOME
            split, end = at + 2 + self._map[at], at + 2 + self._map[at] + self._map[at + 1]
            self._enter(self._map[at + 2 : split], self._map[split:end])
            self.phase = self._map[_RECORDS[self._side]] = IDLE

    @property
    def chunk(self) -> bytes:
        """The chunk, as far as it was read."""
        return self._map[2 * _PAGE : 2 * _PAGE + self.size]

    def move(self, stream: int, sink: int) -> None:
        """What leaves a pipe from here on is of this one."""
        self._begin(MOVE, stream, sink)

    def moved(self, size: int, now: float) -> None:
        """So much has left it."""
        at = _RECORDS[self._side]
        self.size, self.time = size, now
        _CHUNK.pack_into(self._map, at + _CHUNK_AT, size, now)  # not looked at before the phase says so
        self.phase = self._map[at] = WRITE

    def finish(self, stream: int, sink: int, now: float) -> None:
        """What was kept back of a pipe that has ended is to be written."""
        self.time = now
        self._begin(FINISH, stream, sink)

    def retry(self, sink: int) -> None:
        """What was kept for a file is to be written."""
        self._begin(RETRY, -1, sink)

    def intend(self, done: int, identity: tuple[int, int], offset: int, length: int) -> None:
        """`length` bytes are about to be written at the end of a file, after `done` that are written."""
        self.done, self.identity, self.offset, self.length = done, identity, offset, length
        at = _RECORDS[self._side]
        if self.begun:
            self._put()
        else:  # nobody looks at it before the byte says so
            _INTENT.pack_into(self._map, at + _INTENT_AT, done, *identity, offset, length)
            self.begun = self._map[at + 1] = 1

    def commit(self, held: bytes = b"", kept: bytes = b"") -> None:
        """The step is done: enter what it leaves behind, see `Held.changed` and `Kept.changed`."""
        if held or kept:
            at = _RECORDS[1 - self._side] + _OUTCOME
            self._map[at] = len(held)
            self._map[at + 1] = len(kept)
            at += 2
            self._map[at : at + len(held) + len(kept)] = held + kept
            self.phase = COMMIT
            self._put()
            self._enter(held, kept)
        self.phase = self._map[_RECORDS[self._side]] = IDLE  # one byte: there is no half of it

    def _begin(self, phase: int, stream: int, sink: int) -> None:
        self.phase, self.stream, self.sink = phase, stream, sink
        self.size = self.begun = 0
        self._put()

    def _put(self) -> None:
        """Write all anew beside what is valid, then make it valid."""
        side = 1 - self._side
        at = _RECORDS[side]
        _STEP.pack_into(self._map, at, self.phase, self.begun, self.stream, self.sink, self.size, self.time)
        if self.begun:
            _INTENT.pack_into(self._map, at + _INTENT_AT, self.done, *self.identity, self.offset, self.length)
        self._side = self._map[0] = side

    def _enter(self, held: bytes, kept: bytes) -> None:
        if held:
            os.pwrite(self.fd, held, _held_at(self.stream))
        if kept:
            os.pwrite(self.fd, kept, _kept_at(self.sink))


class Held:
    """The beginning of a line that a pipe has brought without its end.

    Args:
        journal: Where it is stored.
        slot: The pipe's number there.
    """

    def __init__(self, journal: Journal, slot: int) -> None:
        self._fd = journal.fd
        self._at = _held_at(slot)
        self.in_line: bool
        self._start, self._length, self.in_line = _entry(self._fd, _HELD, self._at)

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
        return _HELD.pack(self._start, length, in_line)


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
        self._at = _kept_at(slot)
        self.since: float
        *numbers, self.since, open_line, error = _entry(self._fd, _KEPT, self._at)
        self._start: int
        self._end: int
        self._start, self._end, self.lines, self.dropped = numbers
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
        return _KEPT.pack(*state[:4], self.since, not self.ends_line, self.error.encode()[:64])

    def release(self) -> None:
        """Give the memory of what is kept no longer back to the system; after a commit."""
        if not self._end and self._most > _LARGE:
            with mmap(self._fd, self._most, offset=self._at + _PAGE) as pages:
                pages.madvise(MADV_REMOVE)
            self._most = 0

    def _state(self) -> tuple[int, int, int, int, bool]:
        return self._start, self._end, self.lines, self.dropped, self.ends_line


def _held_at(slot: int) -> int:
    return _HELD_AT + slot * _HELD_EACH


def _kept_at(slot: int) -> int:
    return _KEPT_AT + slot * _KEPT_EACH


def _entry(fd: int, form: Struct, at: int) -> tuple[Any, ...]:
    """An entry; of one that was never written to, zeros."""
    return form.unpack(os.pread(fd, form.size, at).ljust(form.size, b"\0"))
