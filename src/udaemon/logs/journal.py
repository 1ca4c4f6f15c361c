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
from contextlib import suppress
from mmap import mmap
from struct import Struct

from udaemon.logs.retained import FILES, HELD, KEPT, LAST, MOST_KEPT, PIPES, held_at, kept_at

CHUNK = 64 * 1024
"""As much as a pipe holds by default; more at a time was slower (a fresh mapping for each buffer)."""

IDLE, MOVE, WRITE, FINISH, RETRY, COMMIT = range(6)
"""Nothing is under way; a chunk is moved out of its pipe; it is written; so is what was kept back of a pipe that has
ended; what was kept for a file is tried again; the outcome is entered."""

VERSION = 1
"""Of the form of a journal. One of a newer version is touched by nobody who does not know it: he would lose lines."""

_VERSION, _VERSION_AT = Struct("<I"), 8
_WHOLE_AT = 1
_PAGE = 4096
_SIZE = 2 * _PAGE + CHUNK
_RECORDS = (64, _PAGE // 2)
_STEP = Struct("<BBiiqd")
_CHUNK, _CHUNK_AT = Struct("<qd"), 10
_INTENT, _INTENT_AT = Struct("<qQQqq"), _STEP.size
_OUTCOME = _STEP.size + _INTENT.size


def allocate(path: str | None = None) -> int:
    """A descriptor of new memory for a journal.

    Args:
        path: A file that is that memory, in place of one that is there: it outlives whoever has it open.

    Raises:
        OSError: There is none to be had.
    """
    if path is None:
        fd = os.memfd_create("udaemon-journal", os.MFD_CLOEXEC)
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, _SIZE)
        os.pwrite(fd, _VERSION.pack(VERSION), _VERSION_AT)
    except BaseException:
        os.close(fd)
        raise
    return fd


def version_of(fd: int) -> int:
    """The version of the form that a journal has.

    Raises:
        OSError: It cannot be read.
    """
    (version,) = _VERSION.unpack(os.pread(fd, _VERSION.size, _VERSION_AT).ljust(_VERSION.size, b"\0"))
    return int(version)


def is_whole(fd: int) -> bool:
    """Whether a file has room for all that a journal always has."""
    return os.fstat(fd).st_size >= _SIZE


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
        if not self._is_sound():
            self.phase = self._map[at] = IDLE
        if self.begun and not (self.done >= 0 and self.offset >= 0 and 0 <= self.length <= MOST_KEPT):
            self.begun = self._map[at + 1] = 0
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
        self._map[_WHOLE_AT] = 0
        self.size, self.time = size, now
        _CHUNK.pack_into(self._map, at + _CHUNK_AT, size, now)  # not looked at before the phase says so
        self.phase = self._map[at] = WRITE

    def read_whole(self) -> None:
        """All of it stands in the room; the pipe between is needed no more for this chunk."""
        self._map[_WHOLE_AT] = 1

    @property
    def depends_on_pipe(self) -> bool:
        """Whether a part of the step under way may be in the pipe between alone."""
        return self.phase == MOVE or (self.phase == WRITE and not self._map[_WHOLE_AT])

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

    def _is_sound(self) -> bool:
        """Whether a logger can have written this: one that cannot end such a step would end with it, as all after."""
        return (
            self.phase <= COMMIT
            and 0 <= self.size <= CHUNK
            and -1 <= self.stream < PIPES
            and -1 <= self.sink < FILES
            and 0 <= self.time < LAST
        )

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
        if len(held) == HELD.size and self.stream >= 0:
            os.pwrite(self.fd, held, held_at(self.stream))
        if len(kept) == KEPT.size and self.sink >= 0:
            os.pwrite(self.fd, kept, kept_at(self.sink))
