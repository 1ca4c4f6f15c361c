"""Manages one kind of zygote: starts it, sends it batches, and replaces it when it is stale, unfit or dead.

Knows nothing of daemons. One batch is under way at a time; whatever is asked for meanwhile makes up the next one. While
a zygote imports, those whose imports are done are forked in its pauses; who would wait for an import that is none of
theirs, or needs a zygote that has imported nothing, is passed on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from udaemon.engines.commands import ExecFailed
from udaemon.engines.zygote.batch import ask, deliver
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.progress import Progress
from udaemon.engines.zygote.protocol import Parent, Timeouts
from udaemon.engines.zygote.quarantine import UNLUCKY, Quarantine
from udaemon.engines.zygote.start import Plan
from udaemon.engines.zygote.waiting import Waiting, room
from udaemon.system import oserror
from udaemon.system.exit_status import Status

Connect = Callable[..., ZygoteConnection]

_PATCHES = "it patches the standard library"


class ZygoteClient:
    """One kind of zygote.

    Args:
        connect: Brings such a zygote to life: `ZygoteConnection` with its reactor and its starter.
        plan: What such a zygote is made of.
        parent: Called with what became of each process.
        timeouts: After how long a zygote that does not answer is replaced.
        elsewhere: Takes processes that are better forked by a zygote that has imported nothing.
    """

    def __init__(
        self,
        connect: Connect,
        plan: Plan,
        parent: Parent,
        timeouts: Timeouts,
        *,
        elsewhere: Callable[[Sequence[Popen]], None] | None = None,
    ) -> None:
        self._told: dict[int, Mapping[str, Any]] = {}
        self._connect = connect
        self._plan = plan
        self._parent = parent
        self._timeouts = timeouts
        self._elsewhere = elsewhere
        self._queue = Waiting()
        self._batch: list[Popen] = []
        self._connection: ZygoteConnection | None = None
        self._dying: set[ZygoteConnection] = set()
        self._patching: set[int] = set()
        self._blame = ""
        self._quarantine = Quarantine()
        self._progress = Progress()

    @property
    def busy(self) -> bool:
        """Whether a process may exist whose pid is not known yet."""
        return bool(self._batch)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a process of it."""
        return not self._batch and not self._queue

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called, None for never."""
        return self._progress.deadline

    @property
    def pids(self) -> Iterator[int]:
        """Its zygotes, the dying ones too."""
        return (connection.pid for connection in self.connections())

    def preload(self) -> None:
        """Let a zygote do its imports, for processes that are about to be requested."""
        if self._connection is None:
            self._start()

    def add(self, popens: Iterable[Popen]) -> None:
        """Request forks, in one batch if there is room.

        Raises:
            ValueError: One has more descriptors than a message can carry.
        """
        self._queue.add(popens)
        self._pass_on(lambda popen: popen.root in self._patching, _PATCHES)
        if self._queue:
            self._progress.is_waited_for(time.monotonic())
        self._go_on()

    def told_of(self, root: int) -> Mapping[str, Any] | None:
        """What its zygote has said of a root, whether all of that is `loaded`, and what is `left_out` and why."""
        told = self._told.get(root)
        loaded = self._connection is not None and root not in self._patching and self._progress.has_all(root)
        return told and {**told, "loaded": loaded, "left_out": self._quarantine.left_out}

    def cancel(self, popen: Popen) -> bool:
        """Cancel a request that no zygote has got yet. Returns whether that was so."""
        return self._queue.cancel(popen)

    def expire(self, now: float) -> None:
        """Give up on what was waited for until now."""
        progress = self._progress
        if progress.slow_at is not None and progress.slow_at <= now:
            progress.slow_at = None
            self._pass_on(lambda popen: not progress.needs_the_import(popen), f"{progress.loading} was being imported")
        if progress.give_up_at is None or progress.give_up_at > now or self._connection is None:
            return
        progress.give_up_at = None
        if progress.loading is not None:
            self._exclude(progress.loading, f"its import took longer than {self._timeouts.preload:g} s")
        elif progress.ready is None or self._batch:
            self._blame = "zygote not answering"
            self._connection.kill()
        else:
            self.retire()
            self._fail_all("zygote not answering")

    def retire(self) -> None:
        """End its zygote; that it has ended is seen by `pids`."""
        connection, self._connection = self._connection, None
        self._progress = Progress()
        if connection is not None:
            self._dying.add(connection)
            connection.kill()

    def close(self) -> None:
        """End all its zygotes."""
        for connection in self.connections():
            connection.kill_and_wait()
        self._connection, self._progress = None, Progress()
        self._dying.clear()

    def connections(self) -> tuple[ZygoteConnection, ...]:
        """Those to its zygotes, the dying ones first."""
        return (*self._dying, self._connection) if self._connection is not None else tuple(self._dying)

    def _go_on(self) -> None:
        if self._connection is None:
            if self._queue:
                self._start()
        elif self._progress.listens and not self._blame:
            batch = self._queue.take_batch(self._progress.can_fork, room(len(self._queue)))
            if batch or self._progress.ready is not None:
                self._ask(self._connection, batch)

    def _start(self) -> None:
        setup = self._quarantine.applied_to(self._plan.setup)
        self._progress = Progress(bare=UNLUCKY if self._quarantine.unlucky and self._plan.setup.roots else None)
        self._blame = ""
        try:
            self._connection = self._connect(self._plan._replace(setup=setup), on_answer=self._hear, on_end=self._ended)
        except (OSError, ExecFailed) as error:
            self._fail_all(f"zygote cannot be started: {error}")
        else:
            self._wait(self._timeouts.answer)

    def _ask(self, connection: ZygoteConnection, batch: list[Popen]) -> None:
        """Request a batch; an empty one lets the zygote go on with its imports."""
        self._batch, self._progress.listens = batch, False
        try:
            ask(connection, batch, self._progress.bare)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it died just now, which its pidfd shows
        except OSError as error:
            self._batch, self._progress.listens = [], True
            for popen in batch:
                self._parent.failed(popen, f"zygote cannot be asked: {oserror.reason(error)}")
            if batch:
                self._go_on()
                return
        self._wait(self._timeouts.answer)

    def _hear(self, connection: ZygoteConnection, answer: dict[str, Any] | None) -> None:
        if connection is not self._connection:
            return
        match answer:
            case dict() if self._progress.ready is not None and self._hear_of_imports(self._progress.ready, answer):
                pass
            case {"spoiled": str(module), "why": str(why)}:
                self._exclude(module, why)
            case {"spoiled": None, "why": str(why)}:
                self._quarantine.mishap()
                self._replace(why)
            case {"stale": str(file)}:
                self._quarantine.stale()
                self._replace(f"{file} has changed")
            case {"forked": list(results)} if self._batch and len(results) == len(self._batch):
                self._deliver(results)
            case {"refused": int(number)}:
                self._deliver([[0, number]] * len(self._batch))
            case _:
                self._blame = "zygote gave no sensible answer"
                connection.kill()

    def _hear_of_imports(self, ready: set[int], answer: dict[str, Any]) -> bool:
        """Take in what a zygote says that has not imported everything yet. Returns whether it was such a thing."""
        match answer:
            case {"reading": True}:
                self._wait(self._timeouts.preload)
            case {"importing": str(module), "for": list(roots)}:
                now = time.monotonic()
                self._progress.imports(module, roots, now)
                if self._queue:
                    self._progress.is_waited_for(now)
                self._wait(self._timeouts.preload)
            case {"bare": list(roots)}:
                self._patching = {root for root in roots if isinstance(root, int)}
                self._pass_on(lambda popen: popen.root in self._patching, _PATCHES)
            case {"root": int(root), "shared": int(_), "unshared": int(_), "own": list(_)}:
                self._told[root] = answer
            case {"loaded": list(roots)}:
                ready.update(root for root in roots if isinstance(root, int))
                self._listens()
            case {"ready": True, "failed": dict(failed)}:
                self._loaded({str(name): str(why) for name, why in failed.items()})
            case _:
                return False
        return True

    def _loaded(self, failed: Mapping[str, str]) -> None:
        if failed:
            self._quarantine.failed(failed)
            told = "; ".join(f"{name}: {why}" for name, why in failed.items())
            self._replace(f"left to the daemons to import: {told}")
            return
        self._progress.ready = None
        self._listens()

    def _listens(self) -> None:
        self._progress.rests()
        self._go_on()

    def _deliver(self, results: list[Any]) -> None:
        batch, self._batch = self._batch, []
        self._quarantine.success()
        self._listens()  # first of all: it forks the next ones while we look at these
        deliver(batch, results, self._parent)

    def _pass_on(self, which: Callable[[Popen], bool], why: str) -> None:
        if self._elsewhere is not None and (passed := self._queue.take(which)):
            for popen in passed:
                popen.bare = why
            self._elsewhere(passed)

    def _exclude(self, module: str, why: str) -> None:
        self._quarantine.harmful(module, why)
        self._replace(f"{module} is left to the daemons to import: {why}")

    def _replace(self, why: str) -> None:
        """Put a fresh zygote in the place of this one; what it had to do, the next one does."""
        self._parent.notice(f"zygote replaced: {why}")
        self._queue.put_back(self._batch)
        self._batch = []
        if self._quarantine.restless and self._elsewhere is not None:
            self._pass_on(lambda _popen: True, "its code was being changed")
            self._quarantine.success()
        self.retire()
        self._start()

    def _ended(self, connection: ZygoteConnection, status: Status) -> None:
        if connection is not self._connection:
            self._dying.discard(connection)
            return
        how = f"exit code {status.code}" if status.signal is None else f"signal {status.signal}"
        loading, was_ready = self._progress.loading, self._progress.ready is None
        self._connection, self._progress = None, Progress()
        if loading is not None:
            self._exclude(loading, f"it ended the zygote ({how}) at import")
            return
        ended = f"zygote {connection.pid} ended ({how})"
        blame = self._blame or (f"zygote cannot be started: {connection.refusal}" if connection.refusal else ended)
        self._parent.notice(blame)
        self._quarantine.mishap()
        batch, self._batch = self._batch, []
        if batch:
            self._parent.lost(batch, blame)
        if not was_ready:
            self._fail_all(blame)
        elif self._queue or not self._quarantine.unlucky:
            self._start()

    def _fail_all(self, message: str) -> None:
        for popen in self._queue.take(lambda _popen: True):
            self._parent.failed(popen, message)

    def _wait(self, seconds: float) -> None:
        self._progress.give_up_at = time.monotonic() + seconds
