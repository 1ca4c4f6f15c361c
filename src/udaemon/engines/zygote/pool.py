"""Which zygote a daemon is forked from: one for each environment that matters at import.

Knows nothing of a daemon's life. Daemons that add nothing to the manifest's environment share one zygote; an
environment of several instances has its own; one of a single instance is not worth one, and forks from a zygote that
has imported nothing of the user's. So do daemons that a zygote passes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from udaemon.child.environment import read_at_startup, surroundings
from udaemon.engines.base import Reactor
from udaemon.engines.child_spec import factory_of
from udaemon.engines.zygote.client import ZygoteClient
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Parent, Timeouts
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.plan import is_forked

_OWN = ("multiprocessing.util", "udaemon.engines.zygote.process", "udaemon.engines.daemon")

_Kind = frozenset[tuple[str, str]]


class ZygotePool:
    """The zygotes of a manifest, each started when the first process is asked of it.

    Args:
        manifest: Names the daemons, and so the modules to import.
        parent: Is told what becomes of each process.
        timeouts: After how long a zygote that does not answer is replaced.
        starter: Brings zygotes to life; closed with this.
        common: Descriptors that every child has, the first the read end of a pipe that ends when we do.
        output: Becomes stdout and stderr of the zygotes.
    """

    def __init__(
        self,
        reactor: Reactor,
        manifest: Manifest,
        parent: Parent,
        timeouts: Timeouts,
        *,
        starter: Starter,
        common: tuple[int, ...],
        output: int,
    ) -> None:
        self._reactor = reactor
        self._manifest = manifest
        self._parent = parent
        self._timeouts = timeouts
        self._starter = starter
        self._common = common
        self._output = output
        self._instances: Counter[_Kind] = Counter()
        for daemon in manifest.daemons.values():
            if is_forked(daemon):
                self._instances[_items(daemon.env)] += daemon.instances
        if not self._instances:
            starter.send_away()
        self._clients: dict[_Kind | None, ZygoteClient] = {}
        self._bare_clients: dict[_Kind, ZygoteClient] = {}
        self._roots: dict[_Kind, dict[Root, int]] = {}

    def of(self, daemon: Daemon) -> ZygoteClient:
        """The client for a daemon's processes."""
        kind = self._kind(daemon)
        if kind not in self._clients:
            elsewhere = partial(self._pass_on, kind)
            self._clients[kind] = ZygoteClient(
                self._reactor, self._starter, self._plan(kind), self._parent, self._timeouts, elsewhere=elsewhere
            )
        return self._clients[kind]

    def root_of(self, daemon: Daemon) -> int | None:
        """The number of what a daemon begins with, among the roots of its zygote."""
        kind = self._kind(daemon)
        return None if kind is None else self._roots_of(kind).get(root_of(daemon))

    def cancel(self, popen: Popen) -> bool:
        """Forget a process that has not been asked of a zygote. Returns whether that was so."""
        return any(client.cancel(popen) for client in self._all())

    def told_of(self, daemon: Daemon) -> Mapping[str, Any] | None:
        """What the zygote has said of what a daemon shares, None where it has said nothing."""
        root = self.root_of(daemon)
        return None if root is None else self.of(daemon).told.get(root)

    def warm(self, daemons: Iterable[Daemon]) -> None:
        """Have the zygotes of these import what they shall."""
        for daemon in daemons:
            self.of(daemon).warm()

    @property
    def deadline(self) -> float | None:
        """The earliest moment that a zygote is waited for."""
        return min((at for client in self._all() if (at := client.deadline) is not None), default=None)

    @property
    def busy(self) -> bool:
        """Whether a process may exist that is not told yet."""
        return any(client.busy for client in self._all())

    @property
    def pids(self) -> Iterator[int]:
        """All zygotes."""
        yield from self._starter.pids
        for client in self._all():
            yield from client.pids

    def expire(self, now: float) -> None:
        """Give up on those that were waited for until now."""
        for client in self._all():
            client.expire(now)

    def close(self) -> None:
        """End them all."""
        for client in self._all():
            client.close()
        self._starter.close()

    def _kind(self, daemon: Daemon) -> _Kind | None:
        """The environment of its zygote beyond ours; None stands for the bare one."""
        env = _items(daemon.env)
        if env == _items(self._manifest.env) or self._instances[env] > 1:
            return env
        if any(map(read_at_startup, daemon.env)):
            return env
        return None

    def _all(self) -> list[ZygoteClient]:
        return [*self._clients.values(), *self._bare_clients.values()]

    def _pass_on(self, kind: _Kind | None, popens: Sequence[Popen]) -> None:
        """Have processes forked by a zygote of their environment that has imported nothing."""
        for popen in popens:
            popen.root = None
        self._bare_of(kind).add(popens)

    def _bare_of(self, kind: _Kind | None) -> ZygoteClient:
        if kind is None or not any(read_at_startup(name) for name, _ in kind):
            kind = frozenset()
        if kind not in self._bare_clients:
            plan = self._plan(None)
            plan = plan._replace(setup=plan.setup._replace(env=surroundings(dict(kind), self._manifest.directory)))
            self._bare_clients[kind] = ZygoteClient(self._reactor, self._starter, plan, self._parent, self._timeouts)
        return self._bare_clients[kind]

    def _roots_of(self, kind: _Kind) -> dict[Root, int]:
        if kind not in self._roots:
            declared = self._manifest.daemons.values()
            mine = (one for one in declared if is_forked(one) and one.enabled and self._kind(one) == kind)
            self._roots[kind] = {root: number for number, root in enumerate(dict.fromkeys(map(root_of, mine)))}
        return self._roots[kind]

    def _plan(self, kind: _Kind | None) -> Plan:
        roots = () if kind is None else tuple(self._roots_of(kind))
        directory = self._manifest.directory
        setup = Setup(surroundings(dict(kind or ()), directory), directory, (directory,), _OWN, roots)
        return Plan(self._output, self._common, setup)


def root_of(daemon: Daemon) -> Root:
    """What a daemon begins with: the modules of its factory and its listeners, and what it preloads."""
    listeners = (*daemon.on.start, *daemon.on.task_done, *daemon.on.task_failed)
    modules = dict.fromkeys(name.partition(":")[0] for name in (factory_of(daemon), *listeners))
    return Root(tuple(modules), daemon.preload)


def _items(env: Mapping[str, str]) -> _Kind:
    return frozenset(env.items())
