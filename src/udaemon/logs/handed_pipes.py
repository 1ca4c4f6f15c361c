"""All log pipes that were handed to the logger, each by its number, and their places in its journal.

Knows nothing of how a logger is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.logs.handed import HandedPipe
from udaemon.logs.inheritance import Slots
from udaemon.logs.log_target import LogTarget


class HandedPipes:
    """The pipes that have not ended.

    Args:
        store: Keeps a copy of each for who comes after this process.
    """

    def __init__(self, store: FdStore = NO_STORE) -> None:
        self._store = store
        self._slots = Slots()
        self._pipes: dict[int, HandedPipe] = {}

    def __len__(self) -> int:
        return len(self._pipes)

    def __iter__(self) -> Iterator[HandedPipe]:
        return iter(self._pipes.values())

    @property
    def paths(self) -> set[str]:
        """The files that they go to."""
        return {pipe.target.path for pipe in self}

    def get(self, number: int) -> HandedPipe | None:
        """The pipe of a number, None where it has ended."""
        return self._pipes.get(number)

    def add(self, number: int, read: int, target: LogTarget) -> HandedPipe:
        """One more; its read end is ours from here on. `number` is never used twice."""
        places = (self._slots.take(str(number)), self._slots.take(target.path))
        pipe = self._pipes[number] = HandedPipe(number, read, target, places, self._store)
        return pipe

    def inherit(self, pipes: Iterable[HandedPipe]) -> None:
        """Go on with those of another process; there are none yet."""
        self._pipes = {pipe.number: pipe for pipe in pipes}
        self._slots.taken((str(pipe.number), pipe.slot) for pipe in self)
        self._slots.taken((pipe.target.path, pipe.file_slot) for pipe in self)

    def end(self, pipe: HandedPipe) -> None:
        """It has ended, and is in its file to the last byte."""
        del self._pipes[pipe.number]
        pipe.close()
        self._slots.give_back(str(pipe.number), pipe.target.path)

    def close(self) -> tuple[int, ...]:
        """Let go of all. Returns their numbers."""
        for pipe in self:
            pipe.close()
        numbers, self._pipes = tuple(self._pipes), {}
        return numbers
