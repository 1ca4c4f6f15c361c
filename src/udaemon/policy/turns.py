"""Whose turn it is: starts of which only so many go on at once, and locks that one instance at a time may have.

Knows no clock, no effect and no key of a schedule. Who has what is told by the instances themselves, so that there is
no second record to be wrong: a start goes on until it is answered, also where it was called off, and a lock is in
`holds`. Who has to wait gets a place, which is higher for each that comes later. An instance takes all of its locks
together or waits for all of them, so the one with the lowest place waits only for who holds, and nobody waits in a
circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from udaemon.manifest.evolving import evolve
from udaemon.policy.instance import FREE, Instance, Key, Phase, State, Turn
from udaemon.policy.plan import has_task


class Turns:
    """Who waits for whom among instances.

    Args:
        instances: Those of a fleet, as they are at each moment.
        most: How many may be starting at once, None for any number.
    """

    def __init__(self, instances: Mapping[Key, Instance], most: int | None = None) -> None:
        self.run_number: Callable[[Key], int | None] = lambda _key: None
        """Says in which run of a scheduled command an instance is, for who is told of it."""
        self._instances = instances
        self.most = most
        """How many may be starting at once, None for any number."""
        self._stale = False
        self.last = 0
        """The highest place that somebody got."""
        self._starting: set[Key] = set()
        self._holders: dict[str, dict[Key, None]] = {}
        self._queues: dict[str, dict[Key, None]] = {}
        self._starts: dict[Key, None] = {}
        self._freed: set[str] = set()

    def allow(self, most: int | None) -> None:
        """Let so many be starting at once from now on."""
        if (self.most is None) is not (most is None):
            self.reset()  # while any number may, nobody notes who is
        self.most = most

    def changed(self, before: Instance | None, after: Instance | None) -> None:
        """Take note of what has become of an instance; None for one that was not there, or is no more."""
        if self._stale or not (self._concerns(before) or self._concerns(after)):
            return
        if before is not None and after is not None:
            if _looks(before) == _looks(after):
                return
            if before.place and before.place == after.place:  # it is declared otherwise, and keeps its place
                self.reset()
                return
        if before is not None:
            self._leave(before)
        if after is not None:
            self._enter(after)

    def _concerns(self, instance: Instance | None) -> bool:
        """Whether there is anything that it may have to wait for, or that others may wait for because of it."""
        if instance is None:
            return False
        return self.most is not None or bool(instance.daemon.lock or instance.holds or instance.place)

    def reset(self) -> None:
        """Look at all instances anew: they were changed in another way."""
        self._stale = True

    def with_turn(self, instance: Instance) -> Instance:
        """The instance, and in it whether it is its turn."""
        if self.most is None and not instance.daemon.lock:
            return instance if instance.turn is FREE else evolve(instance, turn=FREE)
        turn = self._turn(instance)
        return instance if turn == instance.turn else evolve(instance, turn=turn)

    def next(self) -> Iterator[Key]:
        """Those whose turn has come; of starts the first only, for after it there may be no room for another."""
        self._refresh()
        freed, self._freed = self._freed, set()
        for lock in freed:
            first = next(iter(self._queues.get(lock, ())), None)
            if first is None or self._lacks_lock(self._instances[first]):
                continue
            if _begins_run(self._instances[first]):
                yield first
            else:
                self._starts[first] = None
        if self._starts and self._room(None) > 0:
            yield next(iter(self._starts))

    def waits_for(self, instance: Instance) -> str | None:
        """What it waits for at this moment, in words; None where it does not wait for its turn."""
        if not instance.place:
            return None
        turn = self._turn(instance)
        return turn.run if _begins_run(instance) else turn.start

    def _turn(self, instance: Instance) -> Turn:
        self._refresh()
        locked = self._lacks_lock(instance)
        room, place = self._lacks_room(instance.key), self.last + 1
        if has_task(instance.daemon):
            return Turn(start=room, run=locked, place=place, locked=locked is not None and instance.own_pid is not None)
        return Turn(start=locked or room, place=place, locked=locked is not None)

    def _lacks_lock(self, instance: Instance) -> str | None:
        key = instance.key
        for lock in instance.daemon.lock:
            for holder in self._holders.get(lock, ()):
                if holder != key:
                    return f"for lock {lock}, held by {self._named(holder)}"
            first = next(iter(self._queues.get(lock, ())), key)
            if first != key:
                return f"for lock {lock}, which {self._named(first, run=False)} is to have next"
        return None

    def _lacks_room(self, key: Key) -> str | None:
        if self.most is None:
            return None
        room = self._room(key)
        waits = key in self._starts
        fits = key in islice(self._starts, max(0, room)) if waits else room > len(self._starts)
        return None if fits else f"to start: max-starting is {self.most}"

    def _room(self, key: Key | None) -> int:
        if self.most is None:
            return len(self._starts) + 1
        return self.most - len(self._starting) + (key in self._starting)

    def _named(self, key: Key, *, run: bool = True) -> str:
        instance = self._instances[key]
        name = key.name if instance.daemon.instances == 1 else str(key)
        scheduled = instance.daemon.is_scheduled
        number = (instance.run_asked or (self.run_number(key) if scheduled else None)) if run else None
        return f"{name} #{number}" if number else name

    def _refresh(self) -> None:
        if not self._stale:
            return
        self._stale = False
        self._starting, self._holders, self._queues, self._starts = set(), {}, {}, {}
        for instance in sorted(self._instances.values(), key=lambda one: one.place):
            self._enter(instance)
        self._freed.update(self._queues)

    def _enter(self, instance: Instance) -> None:
        key = instance.key
        if _starts(instance):
            self._starting.add(key)
        for lock in instance.holds:
            self._holders.setdefault(lock, {})[key] = None
        if not instance.place:
            return
        self.last = max(self.last, instance.place)
        if has_task(instance.daemon) and instance.own_pid is None:  # it wants its locks for a run, not for its start
            self._starts[key] = None
            return
        for lock in instance.daemon.lock:
            self._queues.setdefault(lock, {})[key] = None
        if not _begins_run(instance) and not self._lacks_lock(instance):
            self._starts[key] = None

    def _leave(self, instance: Instance) -> None:
        key = instance.key
        self._starting.discard(key)
        self._starts.pop(key, None)
        for table, locks in ((self._holders, instance.holds), (self._queues, instance.daemon.lock)):
            for lock in locks:
                if key in table.get(lock, ()):
                    del table[lock][key]
                    self._freed.add(lock)


def _looks(instance: Instance) -> tuple[object, ...]:
    """All of an instance that matters here."""
    return (_starts(instance), instance.holds, instance.place, instance.daemon.lock, instance.own_pid)


def _starts(instance: Instance) -> bool:
    """Whether its start is under way; one that was called off is, until that is answered, and may be taken back."""
    tidies = instance.step is not None and instance.step.phase is Phase.AFTER_STOP
    return instance.state is State.STARTING or (instance.is_spawning and not tidies)


def _begins_run(instance: Instance) -> bool:
    """Whether what it waits for is a run of its task, and not its start."""
    return instance.own_pid is not None and has_task(instance.daemon)
