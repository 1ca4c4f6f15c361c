"""Stops in reverse order: who needs others is asked first, and what is needed once that is down.

Makes no system call and knows no clock. An instance that is kept for others wants to be down already, so that nothing
starts it again; whoever starts it meanwhile takes its stop back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve

from udaemon.policy.events import Event, StopAhead, StopAsked
from udaemon.policy.fleet import Fleet
from udaemon.policy.instance import Instance, Key, Wanted
from udaemon.waits import earliest


class OrderedStops:
    """The stops that wait for others.

    Args:
        fleet: Whose instances they are.
        happen: Called with the event for an instance.
    """

    def __init__(self, fleet: Fleet, happen: Callable[[Key, Event], None]) -> None:
        self._fleet = fleet
        self._happen = happen
        self._kept: dict[str, dict[Key, tuple[StopAsked, float | None]]] = {}
        self._perhaps_free: dict[str, None] = {}

    def ask(self, keys: Iterable[Key], event: StopAsked, now: float) -> None:
        """Stop these, level by level; all at once if it hurries. A time-out is for all levels together."""
        until = None if event.timeout is None else now + event.timeout
        for key in self._fleet.order.to_stop(keys):
            if event.hurry or not self._fleet.order.is_kept(key.name):
                self._kept.get(key.name, {}).pop(key, None)
                self._happen(key, event)
                continue
            kept = self._kept.setdefault(key.name, {})
            _, before = kept.get(key, (event, None))
            kept[key] = (event, earliest(before, until))
            self._happen(key, StopAhead())

    def has_happened(self, before: Instance) -> None:
        """Look again, at the next `release`, at what an instance needs or needed until now."""
        for need in before.daemon.depends_on:
            if need.name in self._kept:
                self._perhaps_free[need.name] = None

    def release(self, now: float) -> bool:
        """Stop those that nothing needs any more. Returns whether there was one."""
        if not self._perhaps_free:
            return False
        names, self._perhaps_free = self._perhaps_free, {}
        free = [name for name in names if not self._fleet.order.is_kept(name)]
        for key, (event, until) in [entry for name in free for entry in self._kept.pop(name).items()]:
            instance = self._fleet.instances.get(key)
            if instance is not None and instance.wanted is Wanted.DOWN and not instance.at_rest:
                left = event.timeout if until is None else max(0.0, until - now)
                self._happen(key, evolve(event, timeout=left))
        return bool(free)
