"""What one logger leaves to the next: the memory of its journal, the pipe between, and the places in the journal.

Knows nothing of processes. The supervisor keeps it, as it keeps the log pipes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Self

from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.logs.handed import HandedPipe
from udaemon.logs.intake import Intake
from udaemon.logs.journal import MOVE, WRITE, Journal, allocate
from udaemon.logs.retained import Held, Kept, copy_data
from udaemon.logs.wire import pack

KEPT_JOURNAL = "journal/"
"""Their names in a store of descriptors, with a number after it."""

_ROOM = 1024 * 1024
"""Bytes that a disk must have left for a journal to be a file on it."""


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

    def taken(self, users: Iterable[tuple[str, int]]) -> None:
        """Each of these uses a number that it was given by another one of us."""
        for name, slot in users:
            self._used[name] = (slot, self._used.get(name, (slot, 0))[1] + 1)
        used = {slot for slot, _ in self._used.values()}
        self._free = [slot for slot in range(max(used, default=-1) + 1) if slot not in used]
        heapify(self._free)

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

    Args:
        fds: The memory and both ends of the pipe between.
        room: Bytes that its disk must have left where the memory is a file.
    """

    def __init__(self, fds: Sequence[int], *, room: int = _ROOM) -> None:
        self._fds = tuple(fds)
        self._room = room
        self._store: FdStore = NO_STORE

    @classmethod
    def new(cls, path: str | None = None) -> Self:
        """Of a first logger.

        Args:
            path: Where the memory is a file, if it can be one.

        Raises:
            OSError: No memory or no pipe to be had.
        """
        try:
            memory = allocate(path)
        except OSError:
            memory = allocate()
        try:
            return cls((memory, *os.pipe2(os.O_CLOEXEC)))
        except OSError:
            os.close(memory)
            raise

    @property
    def memory(self) -> int:
        """The descriptor of the journal."""
        return self._fds[0]

    def keep(self, store: FdStore) -> None:
        """Have a store keep them for who comes after this process."""
        self._store = store
        for number, fd in enumerate(self._fds):
            store.keep(f"{KEPT_JOURNAL}{number}", fd)

    def messages(self, *, outlives: bool = False) -> Iterator[tuple[bytes, int | None]]:
        """What a logger is told first; `outlives`: daemons outlive the supervisor, and it goes on with their logs."""
        self._leave_full_disk()
        if outlives:
            yield pack("outlive", ""), None
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

    def _leave_full_disk(self) -> None:
        """Go on in memory where the file's disk is full: a logger that dies of that would die of it again."""
        file, *pipe = self._fds
        room = os.fstatvfs(file)
        if os.fstat(file).st_nlink == 0 or room.f_bavail * room.f_frsize >= self._room:
            return
        memory = allocate()
        copy_data(file, memory)
        self._fds = (memory, *pipe)
        os.close(file)
        self.keep(self._store)

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
