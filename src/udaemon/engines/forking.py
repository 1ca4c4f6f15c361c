"""Requests to zygotes for forks of daemons, and what became of each.

Knows nothing of a process after its start.
"""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from udaemon.engines import locks
from udaemon.engines.base import CANCELLED, Reactor
from udaemon.engines.child_spec import spec_of
from udaemon.engines.daemon import DaemonMain
from udaemon.engines.local_request import LocalRequest
from udaemon.engines.process import ManagedProcess
from udaemon.engines.sweep import Sweep
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.context import ZygoteContext
from udaemon.engines.zygote.pickling import Descriptor
from udaemon.engines.zygote.pool import ZygotePool
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Parent
from udaemon.engines.zygote.recipe import OWN_ENVIRONMENT, begins_bare, recipe_of, root_of
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan, is_forked
from udaemon.system import oserror
from udaemon.system.kernel import KERNEL


class _Awaited(NamedTuple):
    """A process that was asked for."""

    request: LocalRequest
    near: socket.socket
    far: socket.socket


class ForkQueue:
    """Requests forks of factory daemons from zygotes.

    Args:
        reactor: The loop.
        zygotes: Makes the pool of them, given who is told what became of each process.
        board: The first region of the scoreboard, which most children get.
        nofile: RLIMIT_NOFILE for daemons, None for our own.
        strangers: Returns children of ours that are not known.
        knows: Whether a child of ours is known.
        on_forked: Called with each process; it owns the request's descriptors then.
        on_refused: Called with the reason why there is none; it owns them too.
        on_notice: Called with a sentence when a zygote is replaced.
    """

    def __init__(
        self,
        reactor: Reactor,
        *,
        zygotes: Callable[[Parent], ZygotePool],
        board: int,
        nofile: tuple[int, int] | None,
        strangers: Callable[[], Collection[int]],
        knows: Callable[[int], bool],
        on_forked: Callable[[ManagedProcess, LocalRequest], None],
        on_refused: Callable[[LocalRequest, str], None],
        on_notice: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self._board = board
        self._nofile = nofile
        self._strangers = strangers
        self._knows = knows
        self._on_forked = on_forked
        self._on_refused = on_refused
        self.notice = on_notice
        self._zygotes = zygotes(self)
        self._context = ZygoteContext(parent=self)
        self._awaited: dict[Popen, _Awaited] = {}
        self._sweeps: set[Sweep] = set()

    @property
    def busy(self) -> bool:
        """Whether a process may exist whose pid is not known yet."""
        return bool(self._sweeps) or self._zygotes.busy

    @property
    def deadline(self) -> float | None:
        """The earliest moment that a zygote is waited for, or that what one has left is looked for again."""
        moments = (self._zygotes.deadline, *(sweep.deadline for sweep in self._sweeps))
        return min((at for at in moments if at is not None), default=None)

    @property
    def pids(self) -> Iterator[int]:
        """All zygotes."""
        return self._zygotes.pids

    @property
    def spares(self) -> Iterator[int]:
        """Children of ours that are nobody yet."""
        return self._zygotes.spares

    def expire(self, now: float) -> None:
        """Give up on zygotes that were waited for until now."""
        self._zygotes.expire(now)
        for sweep in tuple(self._sweeps):
            sweep.expire(now)

    def kill(self) -> None:
        """Kill all zygotes; `close` waits for that."""
        for pid in self.pids:
            KERNEL.kill(pid)

    def close(self) -> None:
        """End all zygotes, and refuse what they still had to do."""
        self._zygotes.close()
        for popen in tuple(self._awaited):
            self.failed(popen, "the engine was closed")

    def expect(self, starts: Iterable[tuple[Daemon, StartPlan]]) -> None:
        """Let the zygotes import what these need, before they are requested."""
        for plan in dict.fromkeys(plan for daemon, plan in starts if is_forked(daemon)):
            self._zygotes.preload(recipe_of(plan, self._board))

    def reconfigure(self, key: Key, daemon: Daemon, plan: StartPlan, board: int) -> None:
        """Get ready for the next start of one that runs, which will be by another plan."""
        if not is_forked(daemon):
            self._zygotes.release(key)
            return
        recipe = recipe_of(plan, board)
        self._zygotes.preload(recipe)
        self._zygotes.claim(key, recipe)

    def forget(self, key: Key) -> None:
        """There is no such instance any more."""
        self._zygotes.release(key)

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """RLIMIT_NOFILE of this process was raised, and so must be the zygotes'; daemons get the former one."""
        self._nofile = self._nofile or nofile
        for pid in (*self.pids, *self.spares):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))

    def ask(self, requests: Iterable[LocalRequest]) -> None:
        """Request forks, those of one zygote together."""
        batches: dict[ZygoteClient, list[Popen]] = {}
        for request in requests:
            popen = self._prepare(request)
            if popen is not None:
                recipe = recipe_of(request.plan, request.board)
                batches.setdefault(self._zygotes.claim(request.key, recipe), []).append(popen)
        for client, popens in batches.items():
            client.add(popens)

    def cancel(self, key: Key) -> None:
        """Cancel a request that no zygote has got yet."""
        for popen, awaited in tuple(self._awaited.items()):
            if awaited.request.key == key and self._zygotes.cancel(popen):
                self.failed(popen, CANCELLED)

    def told_of(self, daemon: Daemon, plan: StartPlan) -> Mapping[str, Any] | None:
        """What a daemon shares with others, as its zygote reported."""
        if not is_forked(daemon):
            return None
        return self._zygotes.told_of(recipe_of(plan, self._board), root_of(daemon))

    def _prepare(self, request: LocalRequest) -> Popen | None:
        try:
            near, far = socket.socketpair()
        except OSError as error:
            self._on_refused(request, f"socket: {oserror.reason(error)}")
            return None
        try:
            return self._noted(request, near, far)
        except Exception as error:  # noqa: BLE001 - faults.md F6: the others of this turn are started all the same
            near.close()
            far.close()
            self._on_refused(request, f"cannot be asked for: {error!r}")
            return None

    def _noted(self, request: LocalRequest, near: socket.socket, far: socket.socket) -> Popen:
        near.setblocking(False)
        spec = spec_of(request.plan, request.daemon, request.key.index, slot=request.slot, cgroup=request.cgroup)
        output, lock, events = map(Descriptor, (request.output, request.lock, far.fileno()))
        errors = None if request.errors is None else Descriptor(request.errors)
        main = DaemonMain(spec._replace(rlimit_nofile=self._nofile), output, lock, events, errors)
        popen = self._context.Process(target=main, name=str(request.key)).start_watched()
        popen.root = recipe_of(request.plan, request.board).number_of(root_of(request.daemon))
        popen.bare = OWN_ENVIRONMENT if begins_bare(request.plan) else None
        self._awaited[popen] = _Awaited(request, near, far)
        return popen

    def launch(self, popen: Popen) -> None:
        """Nothing yet: `ask` has those of one zygote forked together; see `Parent`."""

    def forked(self, popen: Popen) -> None:
        """A zygote has forked it; see `Parent`."""
        assert popen.pid is not None
        if self._knows(popen.pid):
            self.lost([popen], "zygote told the pid of another process")
            return
        request, near, far = self._awaited.pop(popen)
        far.close()
        managed = ManagedProcess(
            key=request.key,
            daemon=request.daemon,
            pid=popen.pid,
            pidfd=popen.sentinel,
            reports=near,
            origin=popen.origin,
        )
        self._on_forked(managed, request)

    def failed(self, popen: Popen, message: str) -> None:
        """A zygote could not fork it; see `Parent`."""
        awaited = self._awaited.pop(popen)
        popen.close()
        awaited.near.close()
        awaited.far.close()
        self._on_refused(awaited.request, message)

    def lost(self, popens: Sequence[Popen], message: str) -> None:
        """A zygote ended over these; see `Parent`."""

        def done(sweep: Sweep) -> None:
            self._sweeps.discard(sweep)
            for popen in popens:
                self.failed(popen, message)

        requests = [self._awaited[popen].request for popen in popens]
        held = [locks.identity(request.lock, request.key) for request in requests]
        sweep = Sweep(self._reactor, self._strangers, held, done)
        self._sweeps.add(sweep)
        sweep.go_on()
