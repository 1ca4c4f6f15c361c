"""What one logger leaves to the next: the memory of its journal, the pipe between, and the places in the journal.

Knows nothing of processes. The supervisor keeps it, as it keeps the log pipes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from udaemon.logs.handed import HandedPipe
from udaemon.logs.intake import Intake
from udaemon.logs.journal import MOVE, WRITE, Journal, allocate
from udaemon.logs.retained import Held, Kept
from udaemon.logs.wire import pack


class Slots:
    """A number for each pipe and file in use, the lowest free one, so that the journal stays small."""

    def __init__(self) -> None:
        self._free: list[int] = []
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, name: str) -> int:
        """The name's number, for one user more."""
        slot, users = self._used.get(name) or (self._lowest(), 0)
        self._used[name] = (slot, users + 1)
        return slot

    def give_back(self, *names: str) -> None:
        """One user less of each; without any its number may be another's."""
        for name in names:
            slot, users = self._used.pop(name)
            if users > 1:
                self._used[name] = (slot, users - 1)
            else:
                heappush(self._free, slot)

    def _lowest(self) -> int:
        return heappop(self._free) if self._free else len(self._used)


class Inheritance:
    """The descriptors.

    Raises:
        OSError: No memory or no pipe to be had.
    """

    def __init__(self) -> None:
        memory = allocate()
        try:
            self._fds = (memory, *os.pipe2(os.O_CLOEXEC))
        except OSError:
            os.close(memory)
            raise

    def messages(self) -> Iterator[tuple[bytes, int]]:
        """What a logger is told first."""
        for fd in self._fds:
            yield pack("inherit", ""), fd

    def unwritten(self, pipes: Iterable[HandedPipe]) -> dict[str, tuple[int, int]]:
        """Lines and bytes for each file that no logger is left to write. Empties the pipes."""
        journal = Journal(self._fds[0])
        found: dict[str, tuple[int, int]] = {}
        for pipe in pipes:
            path = pipe.target.path
            if path not in found:
                kept = Kept(journal, pipe.file_slot)
                found[path] = (kept.read().count(b"\n") + kept.lines, kept.size + kept.dropped)
            taken = Held(journal, pipe.slot).data + self._in_hand(journal, pipe.slot)
            parts = (found[path], (taken.count(b"\n"), len(taken)), pipe.take_all())
            found[path] = (sum(lines for lines, _ in parts), sum(size for _, size in parts))
        return {path: count for path, count in found.items() if count[1]}

    def _in_hand(self, journal: Journal, slot: int) -> bytes:
        """The chunk that a logger was killed with; what it had written of it counts too."""
        if journal.stream != slot or journal.phase not in (MOVE, WRITE):
            return b""
        _, read, write = self._fds
        queued = Intake(journal, read, write).queued()
        got = journal.chunk[: max(journal.size - queued, 0)]
        return got + os.read(read, queued) if queued else got

    def close(self) -> None:
        """Let go of it."""
        for fd in self._fds:
            os.close(fd)
