"""Keeps one kind of zygote at hand: starts it, hands it batches, and replaces it when it is stale, spoiled or dead.

Knows nothing of daemons. One batch is under way at a time; whatever is asked for meanwhile makes up the next one.
"""

from __future__ import annotations

import os
import resource
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from udaemon.engines.base import Reactor
from udaemon.engines.commands import ExecFailed
from udaemon.engines.status import Status, open_child
from udaemon.engines.zygote.link import Link
from udaemon.engines.zygote.parent import Parent, Patience
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.spared import Spared
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.engines.zygote.wire import MAX_FDS

_ITS_OWN_FDS = 32
"""What a zygote, whose limit is ours, may have open beside those of a batch."""


class Nursery:
    """One kind of zygote.

    Args:
        plan: What such a zygote is made of.
        parent: Is told what becomes of each process.
        patience: After how long a zygote that does not answer is replaced.
    """

    def __init__(self, reactor: Reactor, starter: Starter, plan: Plan, parent: Parent, patience: Patience) -> None:
        self.deadline: float | None = None
        self._reactor = reactor
        self._starter = starter
        self._plan = plan
        self._parent = parent
        self._patience = patience
        self._queue: deque[Popen] = deque()
        self._batch: list[Popen] = []
        self._link: Link | None = None
        self._dying: set[Link] = set()
        self._ready = False
        self._loading: str | None = None
        self._blame = ""
        self._spared = Spared()

    @property
    def busy(self) -> bool:
        """Whether a process may exist that is not told yet."""
        return bool(self._batch)

    @property
    def pids(self) -> Iterator[int]:
        """Its zygotes, the dying ones too."""
        return (link.pid for link in self._links())

    def warm(self) -> None:
        """Have a zygote import what it shall, for processes that are about to be asked for."""
        if self._link is None:
            self._start()

    def add(self, popens: Iterable[Popen]) -> None:
        """Have processes born, in one batch if there is room.

        Raises:
            ValueError: One has more descriptors than a message can carry.
        """
        for popen in popens:
            if len(popen.fds) > MAX_FDS:
                raise ValueError(f"a process can be given {MAX_FDS} descriptors at most")
            self._queue.append(popen)
        self._go_on()

    def expire(self, now: float) -> None:
        """Give up on a zygote that was waited for until now."""
        if self.deadline is None or self.deadline > now or self._link is None:
            return
        self.deadline = None
        if self._loading is not None:
            self._exclude(self._loading, f"its import took longer than {self._patience.preload:g} s")
        elif self._ready:
            self._blame = "zygote not answering"
            self._link.kill()
        else:
            self._retire()
            self._fail_all("zygote not answering")

    def close(self) -> None:
        """End all its zygotes."""
        for link in self._links():
            link.kill_and_wait()
        self._link, self.deadline = None, None
        self._dying.clear()

    def _links(self) -> tuple[Link, ...]:
        return (*self._dying, self._link) if self._link is not None else tuple(self._dying)

    def _go_on(self) -> None:
        if not self._queue or self._batch:
            return
        if self._link is None:
            self._start()
        elif self._ready and not self._blame:
            self._send(self._link)

    def _start(self) -> None:
        setup = self._plan.setup
        plan = self._plan._replace(setup=setup._replace(preload=self._spared.wanted(setup.preload)))
        self._ready, self._loading, self._blame = False, None, ""
        try:
            self._link = Link(self._reactor, self._starter, plan, on_answer=self._hear, on_end=self._ended)
        except (OSError, ExecFailed) as error:
            self._fail_all(f"zygote cannot be started: {error}")
        else:
            self._wait(self._patience.answer)

    def _send(self, link: Link) -> None:
        batch: list[Popen] = []
        room = min(MAX_FDS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _ITS_OWN_FDS)
        for popen in islice(self._queue, MAX_FDS):
            room -= len(popen.fds)
            if room < 0 and batch:
                break
            batch.append(popen)
        for _ in batch:
            self._queue.popleft()
        self._batch = batch
        try:
            link.fork(batch)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it died just now, and its end is told by its pidfd
        except OSError as error:
            self._batch = []
            for popen in batch:
                self._parent.failed(popen, f"zygote cannot be asked: {error.strerror}")
            self._go_on()
            return
        self._wait(self._patience.answer)

    def _hear(self, link: Link, answer: dict[str, Any] | None) -> None:
        if link is not self._link:
            return
        match answer:
            case {"importing": str(module)} if not self._ready:
                self._loading = module
                self._wait(self._patience.preload)
            case {"ready": True, "failed": dict(failed)} if not self._ready:
                self._loaded({str(name): str(why) for name, why in failed.items()})
            case {"spoiled": str(module), "why": str(why)}:
                self._exclude(module, why)
            case {"spoiled": None, "why": str(why)}:
                self._spared.mishap()
                self._replace(why)
            case {"stale": str(file)}:
                self._spared.stale()
                self._replace(f"{file} has changed")
            case {"born": list(results)} if self._batch and len(results) == len(self._batch):
                self._deliver(results)
            case {"refused": int(number)}:
                self._deliver([[0, number]] * len(self._batch))
            case _:
                self._blame = "zygote gave no sensible answer"
                link.kill()

    def _loaded(self, failed: dict[str, str]) -> None:
        self._loading, self.deadline = None, None
        skipped = {name: why for name, why in failed.items() if name in self._plan.setup.preload}
        if skipped:
            self._spared.failed(skipped)
            told = "; ".join(f"{name}: {why}" for name, why in skipped.items())
            self._replace(f"left to the daemons to import: {told}")
            return
        self._ready = True
        self._go_on()

    def _deliver(self, results: list[Any]) -> None:
        batch, self._batch, self.deadline = self._batch, [], None
        self._spared.success()
        self._go_on()  # first of all: it forks the next ones while we look at these
        lost = [popen for popen, result in zip(batch, results, strict=True) if not self._deliver_one(popen, result)]
        if lost:
            self._parent.lost(lost, "zygote does not know what became of it")

    def _deliver_one(self, popen: Popen, result: Any) -> bool:
        """Tell what became of one. Returns False where nobody knows."""
        match result:
            case [0, int(number)]:
                self._parent.failed(popen, f"fork: {os.strerror(number)}")
                return True
            case [int(pid), 0] if pid > 1:
                pidfd = open_child(pid)
                if pidfd is not None:
                    popen.born(pid, pidfd)
                    self._parent.born(popen)
                    return True
        return False

    def _exclude(self, module: str, why: str) -> None:
        self._spared.harmful(module)
        self._replace(f"{module} is left to the daemons to import: {why}")

    def _replace(self, why: str) -> None:
        """Put a fresh zygote in the place of this one; what it had to do, the next one does."""
        self._parent.notice(f"zygote replaced: {why}")
        self._queue.extendleft(reversed(self._batch))
        self._batch = []
        self._retire()
        self._start()

    def _retire(self) -> None:
        link, self._link, self._loading, self.deadline = self._link, None, None, None
        if link is not None:
            self._dying.add(link)
            link.kill()

    def _ended(self, link: Link, status: Status) -> None:
        if link is not self._link:
            self._dying.discard(link)
            return
        self._link, self.deadline = None, None
        how = f"exit code {status.code}" if status.signal is None else f"signal {status.signal}"
        if self._loading is not None:
            self._exclude(self._loading, f"it ended the zygote ({how}) at import")
            return
        blame = self._blame or f"zygote {link.pid} ended ({how})"
        self._parent.notice(blame)
        self._spared.mishap()
        batch, self._batch = self._batch, []
        if batch:
            self._parent.lost(batch, blame)
        if not self._ready:
            self._fail_all(blame)
        elif self._queue or not self._spared.unlucky:
            self._start()

    def _fail_all(self, message: str) -> None:
        waiting, self._queue = self._queue, deque()
        for popen in waiting:
            self._parent.failed(popen, message)

    def _wait(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
