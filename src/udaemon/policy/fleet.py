"""All instances, and the only place where one changes, comes or goes.

Knows no clock, process or file: it keeps what `step` answers and tells which deadline comes next.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.effects import Effect
from udaemon.policy.events import Event
from udaemon.policy.instance import RESTING, Instance, Key, State, declared
from udaemon.policy.order import Order
from udaemon.policy.plan import NO_PLAN, StartPlan, plans
from udaemon.policy.step import step as _step
from udaemon.policy.turns import Turns

Step = Callable[[Instance, Event, float, float], tuple[Instance, tuple[Effect, ...]]]

_SPARE = 16
"""Deadlines kept beyond two an instance before those that hold no more are dropped."""


class Fleet:
    """The instances of one manifest, in its order; it is read once, and others may come and go.

    Args:
        manifest: What is declared.
        step: Decides what becomes of an instance.
        on_change: Told what an instance has become, None for one that is no more.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        step: Step = _step,
        on_change: Callable[[Key, Instance | None], None] = lambda _key, _instance: None,
    ) -> None:
        self._step = step
        self._on_change = on_change
        self._instances: dict[Key, Instance] = {}
        self._states: Counter[State] = Counter()
        self._deadlines: list[tuple[float, Key]] = []
        self._order = Order(self._instances)
        self.turns = Turns(self._instances, manifest.max_starting)
        """Who waits for whom."""
        planned = plans(manifest)
        for daemon in manifest.daemons.values():
            for index in range(daemon.instances):
                self.add(daemon, index, planned[daemon.name])

    @property
    def instances(self) -> Mapping[Key, Instance]:
        """Every instance by its key; read only."""
        return self._instances

    @property
    def states(self) -> Mapping[State, int]:
        """How many instances are in each state; read only."""
        return self._states

    def is_settled(self) -> bool:
        """Whether no start is under way."""
        return not any(instance.is_spawning for instance in self.instances.values())

    @property
    def at_rest(self) -> bool:
        """Whether nothing more happens to any of them until the operator asks."""
        return not any(count for state, count in self._states.items() if state not in RESTING)

    def autostarted(self) -> tuple[Instance, ...]:
        """Those that start by themselves, and what they need, in the order in which to start them."""
        keys = [one.key for one in self._instances.values() if one.daemon.enabled and one.daemon.autostart]
        return tuple(self._instances[key] for key in self._order.to_start(keys))

    @property
    def order(self) -> Order:
        """Who needs whom."""
        return self._order

    def current(self, key: Key) -> Instance:
        """An instance as it is now: where it waits for its turn, who it waits for changes while it stays as it is."""
        instance = self._instances[key]
        what_for = self.turns.waits_for(instance)
        return instance if what_for is None else evolve(instance, message=f"waiting {what_for}")

    def held_back(self) -> tuple[Key, ...]:
        """Those that wait for what they need."""
        return tuple(key for key, one in self._instances.items() if one.state is State.WAITING and one.held_back)

    def add(self, daemon: Daemon, index: int, plan: StartPlan = NO_PLAN) -> Key:
        """Take in one more instance, at rest.

        Raises:
            ValueError: It is there already.
        """
        key = Key(daemon.name, index)
        if key in self._instances:
            raise ValueError(f"{key} is there already")
        self._instances[key] = added = declared(daemon, index, plan)
        self._states[added.state] += 1
        self._order.changed(daemon)
        return key

    def remove(self, key: Key) -> Instance:
        """Let go of an instance of which nothing lives. Returns what it was last.

        Raises:
            KeyError: There is no such instance.
            ValueError: Something of it lives, or will.
        """
        instance = self._instances[key]
        if not instance.at_rest or instance.unkillable:
            raise ValueError(f"{key} is {instance.state}")
        del self._instances[key]
        self._states[instance.state] -= 1
        self._order.changed(instance.daemon)
        self.turns.changed(instance, None)
        self._on_change(key, None)
        return instance

    def restore(self, instance: Instance) -> None:
        """Go on with what an instance was under another supervisor."""
        before, self._instances[instance.key] = self._instances[instance.key], instance
        self._states[before.state] -= 1
        self._states[instance.state] += 1
        self._order.changed(before.daemon, instance.daemon)
        self.turns.reset()
        self._on_change(instance.key, instance)
        if instance.deadline is not None:
            heapq.heappush(self._deadlines, (instance.deadline, instance.key))

    def arrange(self, keys: Iterable[Key]) -> None:
        """Put these first, in this order; the others keep theirs behind them."""
        first = {key: self._instances[key] for key in keys if key in self._instances}
        arranged = first | self._instances
        self._instances.clear()  # the same dict: whoever was given the instances sees them as they are
        self._instances.update(arranged)
        self._order = Order(self._instances)

    def step(self, key: Key, event: Event, now: float, jitter: float = 0.0) -> tuple[Effect, ...]:
        """Let an event happen to an instance. Returns what to do about it.

        Raises:
            KeyError: There is no such instance.
        """
        before = self._instances[key]
        if before.daemon.depends_on or before.missing is not None:
            before = self._order.with_needs(before)
        turned = self.turns.with_turn(before)
        after, effects = self._step(turned, event, now, jitter)
        if after is turned:
            after = before
        self._instances[key] = after
        if after.daemon is not before.daemon:
            self._order.changed(before.daemon, after.daemon)
        if after.state is not before.state:
            self._states[before.state] -= 1
            self._states[after.state] += 1
        if after is not before:
            self.turns.changed(before, after)
            self._on_change(key, after)
        if after.deadline is not None and after.deadline != before.deadline:
            heapq.heappush(self._deadlines, (after.deadline, key))
            if len(self._deadlines) > _SPARE + 2 * len(self._instances):
                self._drop_stale()
        return effects

    def next_deadline(self) -> float | None:
        """The earliest moment that any instance waits for."""
        while self._deadlines:
            deadline, key = self._deadlines[0]
            instance = self._instances.get(key)
            if instance is not None and instance.deadline == deadline:
                return deadline
            heapq.heappop(self._deadlines)
        return None

    def _drop_stale(self) -> None:
        """Forget deadlines that hold no more: a stop may have had an hour, and was over at once."""
        waiting = self._instances.items()
        self._deadlines = [(one.deadline, key) for key, one in waiting if one.deadline is not None]
        heapq.heapify(self._deadlines)

    def due(self, now: float) -> Iterator[Key]:
        """Instances whose deadline has passed, the earliest first.

        Each must get its event before the next is taken; one that fails does not cost the others their turn.
        """
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            yield heapq.heappop(self._deadlines)[1]
