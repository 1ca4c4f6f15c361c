"""Takes chunks out of log pipes in such a way that a kill between any two instructions loses none.

Knows no lines and no files. A process that is killed after a read(2) cannot have noted how much it read. So the bytes
are first moved within the kernel, by splice(2), to a pipe that nobody else uses, and read from there once their number
is noted: what is still in that pipe tells exactly how far the read came.
"""

from __future__ import annotations

import os
import time

from udaemon.logs.journal import CHUNK, Journal

FULLEST = 1024 * 1024
"""Bytes that a pipe holds at most (/proc/sys/fs/pipe-max-size)."""


class Intake:
    """The pipe between, and the memory that chunks are read into.

    Args:
        journal: Where each chunk is put and noted.
        read: The pipe's ends.
        write: The other one.
    """

    def __init__(self, journal: Journal, read: int, write: int) -> None:
        self.journal = journal
        self._read = read
        self._write = write

    def take(self, pipe: int, stream: int, sink: int) -> bytes:
        """The next chunk of a pipe, empty at its end. It is in hand until the journal's next step.

        Raises:
            BlockingIOError: There is nothing now.
        """
        self.journal.move(stream, sink)
        size = os.splice(pipe, self._write, CHUNK, flags=os.SPLICE_F_NONBLOCK)
        if not size:
            return b""
        self.journal.moved(size, time.time())
        return self.complete(0)

    def complete(self, got: int) -> bytes:
        """The chunk in hand, of which `got` bytes have been read already."""
        journal = self.journal
        size = journal.size
        while got < size:
            got += os.readv(self._read, [journal.room[got:size]])
        journal.read_whole()
        return journal.chunk

    def discard(self) -> None:
        """Drop what is in the pipe between and in no step: it would stand before all that comes."""
        if size := self.queued():
            os.read(self._read, size)

    def queued(self) -> int:
        """Bytes in the pipe between."""
        import fcntl  # only a successor asks
        import termios

        answer = bytearray(4)
        fcntl.ioctl(self._read, termios.FIONREAD, answer)
        return int.from_bytes(answer, "little" if memoryview(b"\1\0").cast("H")[0] == 1 else "big")
