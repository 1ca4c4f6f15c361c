"""All instances, and the only place where one changes.

Knows no clock, process or file: it keeps what `step` answers and tells which deadline comes next.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from udaemon.manifest.model import Manifest
from udaemon.policy.effects import Effect
from udaemon.policy.events import Event
from udaemon.policy.instance import Instance, Key, declared
from udaemon.policy.step import step


class Fleet:
    """The instances of one manifest, in its order."""

    def __init__(self, manifest: Manifest) -> None:
        self._instances = {
            Key(daemon.name, index): declared(daemon, index)
            for daemon in manifest.daemons.values()
            for index in range(daemon.instances)
        }
        self._deadlines: list[tuple[float, Key]] = []

    @property
    def instances(self) -> Mapping[Key, Instance]:
        """Every instance by its key; look, do not touch."""
        return self._instances

    def step(self, key: Key, event: Event, now: float, jitter: float = 0.0) -> tuple[Effect, ...]:
        """Let an event happen to an instance. Returns what to do about it.

        Raises:
            KeyError: There is no such instance.
        """
        before = self._instances[key]
        after, effects = step(before, event, now, jitter)
        self._instances[key] = after
        if after.deadline is not None and after.deadline != before.deadline:
            heapq.heappush(self._deadlines, (after.deadline, key))
        return effects

    def next_deadline(self) -> float | None:
        """The earliest moment that any instance waits for."""
        while self._deadlines:
            deadline, key = self._deadlines[0]
            if self._instances[key].deadline == deadline:
                return deadline
            heapq.heappop(self._deadlines)
        return None

    def due(self, now: float) -> Iterator[Key]:
        """Instances whose deadline has passed, the earliest first.

        Each is to be told before the next is taken; one that cannot be does not cost the others their turn.
        """
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            yield heapq.heappop(self._deadlines)[1]
