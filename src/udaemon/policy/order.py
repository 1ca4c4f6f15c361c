"""The order of a fleet: what each instance lacks, whom else an event concerns, who is started and stopped first.

Knows no clock and no effect; it reads instances and changes none. What a condition means is `needs.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from udaemon.manifest.dependencies import Dependency
from udaemon.manifest.evolving import evolve
from udaemon.manifest.model import Daemon
from udaemon.manifest.order import dependents, levels
from udaemon.policy import needs
from udaemon.policy.events import Event, NeedsChanged, Renewed
from udaemon.policy.instance import Instance, Key, Wanted


class Order:
    """Who needs whom among instances. What it has worked out holds until one comes, goes or is declared otherwise.

    Args:
        instances: Those of a fleet, as they are at each moment.
    """

    def __init__(self, instances: Mapping[Key, Instance]) -> None:
        self._instances = instances

    def changed(self, *declarations: Daemon) -> None:
        """Work it out again: an instance has come, gone, or is declared otherwise.

        Args:
            declarations: What it was, what it is. One that needs nothing leaves who needs whom as it is.
        """
        stale = ["_keys", "_daemons", "_levels"]
        if any(one.depends_on for one in declarations):
            stale.append("_dependents")
        for name in stale:
            vars(self).pop(name, None)

    def with_needs(self, instance: Instance) -> Instance:
        """The instance, and in it what it lacks now."""
        if not instance.daemon.depends_on:
            return instance if instance.missing is None else evolve(instance, missing=None)
        groups = {one.name: self._group(one.name) for one in instance.daemon.depends_on}
        missing = needs.missing(instance.daemon.depends_on, groups)
        return instance if missing == instance.missing else evolve(instance, missing=missing)

    def concerned(self, before: Instance) -> Iterator[tuple[Key, Event]]:
        """Those that what has just happened to another instance concerns, each with the event that it is for it.

        Args:
            before: The instance before that event.
        """
        needing = self._dependents.get(before.daemon.name, ())
        if not needing or _looks(before) == _looks(self._instances[before.key]):
            return
        for name in needing:
            need = next(one for one in self._daemons[name].depends_on if one.name == before.daemon.name)
            renewed = need.restart and self._holds_again(need, before)
            for instance in self._group(name):
                if instance.held_back:
                    yield instance.key, NeedsChanged()
                elif renewed and not instance.alone and _older(instance, needs.newest(self._group(need.name))):
                    yield instance.key, Renewed(need.name)

    def to_start(self, keys: Iterable[Key]) -> list[Key]:
        """These, and before them what they need, and what that needs, as far as it rests and its condition lacks."""
        found: dict[str, list[Key]] = {}
        for key in keys:
            found.setdefault(key.name, []).append(key)
        left, seen = list(found), set(found)
        while left:
            for need in self._daemons[left.pop()].depends_on:
                lacking = [one for one in self._group(need.name) if not needs.holds(need.condition, (one,))]
                resting = [one.key for one in lacking if one.at_rest and one.daemon.enabled]
                there = found.setdefault(need.name, [])
                there += [key for key in resting if key not in there]
                if lacking and need.name not in seen:
                    seen.add(need.name)
                    left.append(need.name)
        return [key for level in self._levels for name in level for key in found.get(name, ())]

    def to_stop(self, keys: Iterable[Key]) -> list[Key]:
        """These, who needs others before those."""
        place = {name: at for at, level in enumerate(self._levels) for name in level}
        return sorted(keys, key=lambda key: -place[key.name])

    def is_kept(self, name: str) -> bool:
        """Whether something that needs this daemon is being stopped too, and is still there."""
        return any(
            not one.at_rest and one.wanted is Wanted.DOWN
            for other in self._dependents.get(name, ())
            for one in self._group(other)
        )

    def needed_by(self, name: str) -> list[str]:
        """The daemons that need this one and are not at rest."""
        return [other for other in self._dependents.get(name, ()) if not all(one.at_rest for one in self._group(other))]

    @cached_property
    def _keys(self) -> dict[str, list[Key]]:
        found: dict[str, list[Key]] = {}
        for key in self._instances:
            found.setdefault(key.name, []).append(key)
        return found

    @cached_property
    def _daemons(self) -> dict[str, Daemon]:
        return {name: self._instances[keys[0]].daemon for name, keys in self._keys.items()}

    @cached_property
    def _dependents(self) -> dict[str, tuple[str, ...]]:
        return dependents(self._daemons)

    @cached_property
    def _levels(self) -> list[list[str]]:
        return levels(self._daemons)

    def _group(self, name: str) -> list[Instance]:
        return [self._instances[key] for key in self._keys.get(name, ())]

    def _holds_again(self, need: Dependency, before: Instance) -> bool:
        """Whether the condition holds by what has just happened, and did not before."""
        group = self._group(need.name)
        earlier = [before if one.key == before.key else one for one in group]
        return needs.holds(need.condition, group) and not needs.holds(need.condition, earlier)


def _looks(instance: Instance) -> tuple[object, ...]:
    """All of an instance that a condition, or the reason why it does not hold, is told from."""
    return (
        instance.state,
        instance.wanted,
        instance.own_pid,
        instance.held_up,
        instance.good_run,
        instance.probed.unready is None,
        instance.message if instance.at_rest else None,
        instance.missing,
    )


def _older(instance: Instance, than: float) -> bool:
    return instance.pid is not None and instance.started_at is not None and instance.started_at < than
