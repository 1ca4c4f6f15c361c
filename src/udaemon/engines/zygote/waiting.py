"""The queue of processes to request from a zygote, first come first served.

Knows no zygote: who may be forked already, its caller says.
"""

from __future__ import annotations

import resource
from collections import deque
from collections.abc import Callable, Iterable

from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.wire import MAX_FDS

Which = Callable[[Popen], bool]

_ITS_OWN_FDS = 32
"""What a zygote, whose limit is ours, may have open beside those of a batch."""
_MANY, _OF_MANY = 200, 252
"""Where more processes wait, a batch has fewer descriptors than a message takes. Each child has to close those of the
others in its batch, and finds what was made for it among what was made for them: that grows with the square, while one
more batch costs as much as three forks."""


class Waiting:
    """The queue of one kind of zygote."""

    def __init__(self) -> None:
        self._popens: deque[Popen] = deque()

    def __len__(self) -> int:
        return len(self._popens)

    def add(self, popens: Iterable[Popen]) -> None:
        """Put these behind the others.

        Raises:
            ValueError: One has more descriptors than a message can carry.
        """
        for popen in popens:
            if len(popen.part.fds) > MAX_FDS:
                raise ValueError(f"a process can be given {MAX_FDS} descriptors at most")
            self._popens.append(popen)

    def put_back(self, popens: Iterable[Popen]) -> None:
        """Put these before the others, in their order."""
        self._popens.extendleft(reversed(list(popens)))

    def cancel(self, popen: Popen) -> bool:
        """Forget one. Returns whether it was there."""
        if popen not in self._popens:
            return False
        self._popens.remove(popen)
        return True

    def take_batch(self, can_fork: Which, room: int) -> list[Popen]:
        """Take those that can be forked now, as many as `room` descriptors are enough for, and one at least."""
        batch: list[Popen] = []
        later: list[Popen] = []
        while self._popens and len(batch) < MAX_FDS:
            popen = self._popens.popleft()
            if not can_fork(popen):
                later.append(popen)
                continue
            room -= len(popen.part.fds)
            if room < 0 and batch:
                later.append(popen)
                break
            batch.append(popen)
        self.put_back(later)
        return batch

    def take(self, which: Which) -> list[Popen]:
        """Take all of a kind."""
        taken = [popen for popen in self._popens if which(popen)]
        if taken:
            self._popens = deque(popen for popen in self._popens if not which(popen))
        return taken


def room(waiting: int = 0) -> int:
    """How many descriptors a zygote has for a batch while so many processes wait."""
    most = _OF_MANY if waiting > _MANY else MAX_FDS
    return min(most, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _ITS_OWN_FDS)
