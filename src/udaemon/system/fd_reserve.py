"""Descriptors kept for the moment when none is left: what must be opened also then.

Knows nothing of what it is needed for. One process has one thread here, so the number that is given up is the next
that the kernel hands out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class FdReserve:
    """Open descriptors that stand for the right to open others.

    Args:
        size: How many there are.
    """

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._fds: list[int] = []
        self.refill()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Within the block that many files can be open at a time, also when the table is full (EMFILE)."""
        self.close()
        try:
            yield
        finally:
            self.refill()

    def spend(self) -> bool:
        """Give one up for what is opened next. False where none is left."""
        if not self._fds:
            return False
        os.close(self._fds.pop())
        return True

    def refill(self) -> None:
        """Take as many as are missing and can be had; the rest the next time."""
        with suppress(OSError):
            while len(self._fds) < self._size:
                self._fds.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Give all of them up."""
        while self.spend():
            pass
