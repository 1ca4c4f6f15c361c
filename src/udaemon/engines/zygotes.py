"""Which zygote a daemon is forked from: one for each environment that matters at import.

Knows nothing of a daemon's life. Daemons that add nothing to the manifest's environment share one zygote; an
environment of several instances has its own; one of a single instance is not worth one, and forks from a zygote that
has imported nothing of the user's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from udaemon.child.environment import read_at_startup, surroundings
from udaemon.engines.base import Reactor
from udaemon.engines.specs import factory_of
from udaemon.engines.zygote.nursery import Nursery
from udaemon.engines.zygote.parent import Parent, Patience
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.manifest.model import Daemon, Manifest

_OWN = ("multiprocessing.util", "udaemon.engines.zygote.process", "udaemon.engines.daemon")

_Kind = frozenset[tuple[str, str]]


class Zygotes:
    """The zygotes of a manifest, each started when the first process is asked of it.

    Args:
        manifest: Names the daemons, and so the modules to import.
        parent: Is told what becomes of each process.
        patience: After how long a zygote that does not answer is replaced.
        starter: Brings zygotes to life; closed with this.
        common: Descriptors that every child has, the first the read end of a pipe that ends when we do.
        output: Becomes stdout and stderr of the zygotes.
    """

    def __init__(
        self,
        reactor: Reactor,
        manifest: Manifest,
        parent: Parent,
        patience: Patience,
        *,
        starter: Starter,
        common: tuple[int, ...],
        output: int,
    ) -> None:
        self._reactor = reactor
        self._manifest = manifest
        self._parent = parent
        self._patience = patience
        self._starter = starter
        self._common = common
        self._output = output
        self._instances: Counter[_Kind] = Counter()
        for daemon in manifest.daemons.values():
            if daemon.command is None:
                self._instances[_items(daemon.env)] += daemon.instances
        if not self._instances:
            starter.send_away()
        self._nurseries: dict[_Kind | None, Nursery] = {}

    def of(self, daemon: Daemon) -> Nursery:
        """The nursery for a daemon's processes."""
        kind = self._kind(daemon)
        if kind not in self._nurseries:
            self._nurseries[kind] = Nursery(
                self._reactor, self._starter, self._plan(kind), self._parent, self._patience
            )
        return self._nurseries[kind]

    def warm(self, daemons: Iterable[Daemon]) -> None:
        """Have the zygotes of these import what they shall."""
        for daemon in daemons:
            self.of(daemon).warm()

    @property
    def deadline(self) -> float | None:
        """The earliest moment that a zygote is waited for."""
        return min((nursery.deadline for nursery in self._nurseries.values() if nursery.deadline), default=None)

    @property
    def busy(self) -> bool:
        """Whether a process may exist that is not told yet."""
        return any(nursery.busy for nursery in self._nurseries.values())

    @property
    def pids(self) -> Iterator[int]:
        """All zygotes."""
        yield from self._starter.pids
        for nursery in self._nurseries.values():
            yield from nursery.pids

    def expire(self, now: float) -> None:
        """Give up on those that were waited for until now."""
        for nursery in self._nurseries.values():
            nursery.expire(now)

    def close(self) -> None:
        """End them all."""
        for nursery in self._nurseries.values():
            nursery.close()
        self._starter.close()

    def _kind(self, daemon: Daemon) -> _Kind | None:
        """The environment of its zygote beyond ours; None stands for the bare one."""
        env = _items(daemon.env)
        if env == _items(self._manifest.env) or self._instances[env] > 1:
            return env
        if any(map(read_at_startup, daemon.env)):
            return env
        return None

    def _plan(self, kind: _Kind | None) -> Plan:
        modules: dict[str, None] = {}
        for daemon in self._manifest.daemons.values():
            if daemon.command is None and daemon.enabled and kind is not None and self._kind(daemon) == kind:
                modules |= dict.fromkeys((*daemon.preload, factory_of(daemon).partition(":")[0]))
        directory = self._manifest.directory
        setup = Setup(surroundings(dict(kind or ()), directory), directory, (directory,), _OWN, tuple(modules))
        return Plan(self._output, self._common, setup)


def _items(env: Mapping[str, str]) -> _Kind:
    return frozenset(env.items())
