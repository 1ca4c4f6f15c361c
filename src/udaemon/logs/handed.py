"""One log pipe as the supervisor keeps it: its read end, and the messages about it for each new logger.

Knows nothing of how it is told.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.logs.intake import FULLEST
from udaemon.logs.log_target import LEGACY, LogTarget
from udaemon.logs.wire import pack

KEPT_PIPE = "pipe/"
"""A log pipe's name in a store of descriptors, with its number after it."""

Message = tuple[bytes, int | None]
"""A message to the logger, and the descriptor that goes with it."""


class HandedPipe:
    """A pipe that was handed to the logger.

    Args:
        number: Its own, never used twice.
        fd: Its read end, which is this one's from here on.
        target: Where its lines go.
        places: Its slot in the logger's journal, and its file's.
        store: Has a copy of the read end, or writers would meet a broken pipe when this process dies.
    """

    def __init__(
        self, number: int, fd: int, target: LogTarget, places: tuple[int, int], store: FdStore = NO_STORE
    ) -> None:
        self.number = number
        self.fd = fd
        self.target = target
        self.slot, self.file_slot = places
        self.pid: int | None = None
        self.pidfd: int | None = None
        self._store = store
        self._keep()

    def spawned(self, pid: int) -> Iterator[Message]:
        """What the logger is to be told of the process that writes to it: legacy lines wait for that, others do not."""
        if self.target.format == LEGACY and self.pid is None:
            self.pid = pid
            yield pack("spawned", str(self.number), str(pid)), None

    def change(self, target: LogTarget, pid: int | None) -> Iterator[Message]:
        """What the logger is to be told where its lines, or its file, are to be kept otherwise."""
        if target.fields() != self.target.fields():
            self.target, self.pid = target, pid or self.pid
            self._keep()
            yield pack("change", str(self.number), str(self.pid or 0), *target.fields()), None

    def messages(self) -> Iterator[Message]:
        """All that the logger is to be told."""
        number = str(self.number)
        yield pack("open", number, *self._facts()), self.fd
        if self.pid is not None:
            yield pack("spawned", number, str(self.pid)), None
        if self.pidfd is not None:
            yield pack("watch", number), self.pidfd

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
        self._store.drop(f"{KEPT_PIPE}{self.number}")
        os.close(self.fd)
        if self.pidfd is not None:
            os.close(self.pidfd)

    def _keep(self) -> None:
        self._store.keep(f"{KEPT_PIPE}{self.number}", self.fd, *self._facts())

    def _facts(self) -> tuple[str, ...]:
        return (str(self.slot), str(self.file_slot), *self.target.fields())


def kept_pipe(name: str, facts: Sequence[str], fd: int, store: FdStore) -> HandedPipe:
    """The log pipe that is kept under a name that begins with `KEPT_PIPE`."""
    slot, file_slot, *fields = facts
    number = int(name.removeprefix(KEPT_PIPE))
    return HandedPipe(number, fd, LogTarget.from_fields(fields), (int(slot), int(file_slot)), store)
