"""A descriptor kept for the moment when none is left: what ended must be seen and reaped also then.

Knows nothing of what it is needed for. One process has one thread here, so the number that is given up is the next
that the kernel hands out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class FdReserve:
    """One open descriptor that stands for the right to open another."""

    def __init__(self) -> None:
        self._fd: int | None = None
        self._take()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Within the block one file can be opened at a time, also when the table is full (EMFILE)."""
        self.close()
        try:
            yield
        finally:
            self._take()

    def close(self) -> None:
        """Give it up."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _take(self) -> None:
        if self._fd is None:
            with suppress(OSError):  # the next time, when there are some again
                self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
