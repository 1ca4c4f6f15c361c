"""Which instances come, stay and go when a manifest takes the place of another.

Knows no key (`manifest/changes.py` compares those) and no instance's state: `step.py` says what becomes of one that is
changed while it runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from udaemon.frozen import frozen
from udaemon.manifest.changes import needs
from udaemon.manifest.keys import Applies
from udaemon.manifest.model import Manifest
from udaemon.policy import instance
from udaemon.policy.instance import Instance, State, Wanted


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


def to_start(
    before: Mapping[instance.Key, Instance], there: Mapping[instance.Key, Instance], back: Collection[instance.Key]
) -> Iterator[instance.Key]:
    """Find the instances that are to be started now that another manifest is in effect.

    Args:
        before: The instances before it was.
        there: The instances as they are now, which are not all declared.
        back: Those that were about to go, and are declared again.
    """
    for key, now in there.items():
        if not now.daemon.enabled or now.unkillable:
            continue
        was = before.get(key)
        if was is None:
            copies = [other for known, other in before.items() if known.name == key.name]
            if any(other.wanted is Wanted.UP for other in copies) if copies else now.daemon.autostart:
                yield key
        elif key in back or (not was.daemon.enabled and now.daemon.autostart) or _is_given_another_try(was, now):
            yield key


def _is_given_another_try(was: Instance, now: Instance) -> bool:
    """Whether an edit may be the cure: of one that gave up, or of one that does not run and ran by other words."""
    needed = needs(was.daemon, now.daemon)
    if needed is None or now.wanted is not Wanted.UP:
        return False
    match now.state:
        case State.FAILED:
            return True
        case State.BACKOFF:  # what was edited may be a step before the start that fails
            return needed is not Applies.LIVE
        case State.EXITED:
            return needed is Applies.RESTART
        case _:
            return False
