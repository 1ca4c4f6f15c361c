"""The zygotes, one for each recipe: made when the first process is asked of it, ended when no instance needs it.

Knows no manifest and nothing of a daemon's life: which recipe an instance has is said with each start. What a zygote
passes on is forked by one that has imported nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from udaemon.child.environment import surroundings
from udaemon.child.lifeline import Lifeline
from udaemon.engines.daemon import prepare_batch, warm_up
from udaemon.engines.zygote.client import Connect, ZygoteClient
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Parent, Timeouts
from udaemon.engines.zygote.recipe import Recipe
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.sharing import Root
from udaemon.engines.zygote.start import Plan, Starter
from udaemon.policy.instance import Key
from udaemon.waits import earliest

_OWN = ("multiprocessing.util", "udaemon.engines.zygote.process", "udaemon.engines.daemon")


class ZygotePool:
    """The zygotes of an engine.

    Args:
        connect: Brings a zygote to life by the starter.
        parent: Called with what became of each process.
        timeouts: After how long a zygote that does not answer is replaced.
        starter: Starts the processes of zygotes; closed with this.
        lifeline: Every child has it.
        output: Becomes stdout and stderr of the zygotes.
    """

    def __init__(
        self,
        connect: Connect,
        parent: Parent,
        timeouts: Timeouts,
        *,
        starter: Starter,
        lifeline: Lifeline,
        output: int,
    ) -> None:
        self._connect = connect
        self._parent = parent
        self._timeouts = timeouts
        self._starter = starter
        self._lifeline = lifeline
        self._output = output
        self._clients: dict[Recipe, ZygoteClient] = {}
        self._ending: list[ZygoteClient] = []
        self._needs: dict[Key, Recipe] = {}

    def claim(self, key: Key, recipe: Recipe) -> ZygoteClient:
        """The client for an instance's processes, which needs no other one from now on."""
        before = self._needs.get(key)
        self._needs[key] = recipe
        client = self._of(recipe)
        if before is not None and before != recipe:
            self._drop_unused()
        return client

    def release(self, key: Key) -> None:
        """An instance needs no zygote any more."""
        if self._needs.pop(key, None) is not None:
            self._drop_unused()

    def cancel(self, popen: Popen) -> bool:
        """Cancel a request that no zygote has got yet. Returns whether that was so."""
        return any(client.cancel(popen) for client in self._clients.values())

    def told_of(self, recipe: Recipe, root: Root) -> Mapping[str, Any] | None:
        """What a zygote has said of what is shared by those that begin with `root`, None where it has said nothing."""
        number, client = recipe.number_of(root), self._clients.get(recipe)
        return None if number is None or client is None else client.told_of(number)

    def preload(self, recipe: Recipe) -> None:
        """Have a zygote import what it shall."""
        self._of(recipe).preload()

    @property
    def deadline(self) -> float | None:
        """The earliest moment that a zygote is waited for."""
        return earliest(*(client.deadline for client in self._clients.values()))

    @property
    def busy(self) -> bool:
        """Whether a process may exist whose pid is not known yet."""
        return any(client.busy for client in self._clients.values())

    @property
    def pids(self) -> Iterator[int]:
        """All zygotes."""
        yield from self._starter.pids
        for client in (*self._clients.values(), *self._ending):
            yield from client.pids

    @property
    def spares(self) -> Iterator[int]:
        """The children that they have in reserve."""
        for client in (*self._clients.values(), *self._ending):
            yield from (connection.spare for connection in client.connections() if connection.spare is not None)

    def expire(self, now: float) -> None:
        """Give up on those that were waited for until now."""
        for client in tuple(self._clients.values()):
            client.expire(now)

    def close(self) -> None:
        """End them all."""
        for client in (*self._clients.values(), *self._ending):
            client.close()
        self._starter.close()

    def _of(self, recipe: Recipe) -> ZygoteClient:
        if recipe not in self._clients:
            plan, elsewhere = self._plan(recipe), partial(self._pass_on, recipe)
            if recipe == recipe.bare():  # there is nobody barer to pass anything on to
                client = ZygoteClient(self._connect, plan, self._parent, self._timeouts)
            else:
                client = ZygoteClient(self._connect, plan, self._parent, self._timeouts, elsewhere=elsewhere)
            self._clients[recipe] = client
        return self._clients[recipe]

    def _pass_on(self, recipe: Recipe, popens: Sequence[Popen]) -> None:
        """Request forks from a zygote of their environment that has imported nothing."""
        for popen in popens:
            popen.root = None
        self._of(recipe.bare()).add(popens)

    def _drop_unused(self) -> None:
        """End the zygotes that no instance needs; one that still has something to do is looked at the next time."""
        needed = set(self._needs.values())
        needed |= {recipe.bare() for recipe in needed}
        for recipe in [recipe for recipe, client in self._clients.items() if recipe not in needed and client.idle]:
            client = self._clients.pop(recipe)
            client.retire()
            self._ending.append(client)
        self._ending = [client for client in self._ending if any(True for _ in client.pids)]

    def _plan(self, recipe: Recipe) -> Plan:
        env = surroundings(dict(recipe.env), recipe.directory)
        setup = Setup(
            env, recipe.directory, (recipe.directory,), _OWN, recipe.roots, warm_up=warm_up, spare=prepare_batch
        )
        return Plan(self._output, (self._lifeline.fd, recipe.board), setup, python=recipe.python)
