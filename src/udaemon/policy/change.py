"""What differs between two declarations of a daemon, between two manifests, and when each change takes effect.

Knows no instance's state: `step.py` says what becomes of one that is changed while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from udaemon.manifest.keys import Applies, Key, Table, keys_of
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy import instance


@frozen
class KeyChange:
    """One key with another value. `key` is dotted where it lies in a table: `stop.timeout`."""

    key: str
    before: Any
    after: Any
    applies: Applies


def changes(before: Daemon, after: Daemon) -> tuple[KeyChange, ...]:
    """Every key that differs, in the order of the model."""
    if before == after:
        return ()
    return tuple(_differing(keys_of(Daemon), before, after, "", None))


def applies(before: Daemon, after: Daemon) -> Applies | None:
    """What the changes need together: a new process if one of them does; None where nothing has changed."""
    found = {change.applies for change in changes(before, after)}
    return next((one for one in (Applies.RESTART, Applies.NEXT_START, Applies.LIVE) if one in found), None)


@frozen
class Difference:
    """Which instances a manifest has that are not there yet, which it has too, and which it has no more."""

    added: tuple[instance.Key, ...]
    kept: tuple[instance.Key, ...]
    removed: tuple[instance.Key, ...]
    declared: tuple[instance.Key, ...]
    """Added and kept, in the order of the manifest."""


def difference(there: Iterable[instance.Key], manifest: Manifest) -> Difference:
    """Compare the instances that are there with those that a manifest declares; in its order where it has them."""
    declared = tuple(
        instance.Key(daemon.name, index) for daemon in manifest.daemons.values() for index in range(daemon.instances)
    )
    wanted, known = frozenset(declared), tuple(there)
    had = frozenset(known)
    return Difference(
        added=tuple(key for key in declared if key not in had),
        kept=tuple(key for key in declared if key in had),
        removed=tuple(key for key in known if key not in wanted),
        declared=declared,
    )


def _differing(
    keys: Iterable[Key], before: object, after: object, path: str, outer: Applies | None
) -> Iterator[KeyChange]:
    for key in keys:
        old, new = getattr(before, key.field), getattr(after, key.field)
        if old == new:
            continue
        when = outer or key.applies
        if isinstance(key.type, Table):
            yield from _differing(keys_of(key.type.model), old, new, f"{path}{key.name}.", when)
        else:
            yield KeyChange(f"{path}{key.name}", old, new, when)
