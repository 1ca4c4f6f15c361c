"""One log pipe as the supervisor keeps it: its read end, and the messages about it for each new logger.

Knows nothing of how it is told.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from udaemon.logs.intake import FULLEST
from udaemon.logs.log_target import LEGACY, LogTarget
from udaemon.logs.wire import pack

Message = tuple[bytes, int | None]
"""A message to the logger, and the descriptor that goes with it."""


class HandedPipe:
    """A pipe that was handed to the logger.

    Args:
        fd: Its read end, which is this one's from here on.
        target: Where its lines go.
        slot: Its place in the logger's journal.
        file_slot: Its file's.
    """

    def __init__(self, fd: int, target: LogTarget, slot: int, file_slot: int) -> None:
        self.fd = fd
        self.target = target
        self.slot = slot
        self.file_slot = file_slot
        self.pid: int | None = None
        self.pidfd: int | None = None

    def spawned(self, number: int, pid: int) -> Iterator[Message]:
        """What the logger is to be told of the process that writes to it: legacy lines wait for that, others do not."""
        if self.target.format == LEGACY and self.pid is None:
            self.pid = pid
            yield pack("spawned", str(number), str(pid)), None

    def change(self, number: int, target: LogTarget, pid: int | None) -> Iterator[Message]:
        """What the logger is to be told where its lines, or its file, are to be kept otherwise."""
        if target.fields() != self.target.fields():
            self.target, self.pid = target, pid or self.pid
            yield pack("change", str(number), str(self.pid or 0), *target.fields()), None

    def messages(self, number: int) -> Iterator[Message]:
        """All that the logger is to be told."""
        yield pack("open", str(number), str(self.slot), str(self.file_slot), *self.target.fields()), self.fd
        if self.pid is not None:
            yield pack("spawned", str(number), str(self.pid)), None
        if self.pidfd is not None:
            yield pack("watch", str(number)), self.pidfd

    def take_all(self) -> tuple[int, int]:
        """Empty it. Returns how many lines and bytes nobody had read."""
        lines = size = 0
        os.set_blocking(self.fd, False)
        with contextlib.suppress(OSError):
            while size < FULLEST and (chunk := os.read(self.fd, 65536)):
                lines += chunk.count(b"\n")
                size += len(chunk)
        return lines, size

    def close(self) -> None:
        """Close it."""
        os.close(self.fd)
        if self.pidfd is not None:
            os.close(self.pidfd)
