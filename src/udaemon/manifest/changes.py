"""What differs between two manifests, key by key, and when each difference takes effect on daemons that run.

Knows no process: `apply` is what acts on it. Values are as `config` prints them, with secrets masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from udaemon.manifest.dump import dump, dump_daemon
from udaemon.manifest.keys import Applies, keys_of
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.origin import leaves
from udaemon.manifest.problems import Path, dotted
from udaemon.manifest.secrets import masked_at

_NEVER_LIVE = ("project", "context", "run-dir")
"""Keys of the manifest that name files, directories and sockets of everything in it."""

_SAYS_NOTHING = frozenset({"description", "tags"})
"""Keys that people read; two daemons may be the same without them."""


class Change(NamedTuple):
    """One key with another value. `before` or `after` is None where it was not set; `applies` says when it counts."""

    key: str
    before: Any
    after: Any
    applies: Applies


class DaemonChange(NamedTuple):
    """All changes of one daemon that both manifests have."""

    name: str
    changes: tuple[Change, ...]

    @property
    def applies(self) -> Applies:
        """What the daemon as a whole needs: the most that one of its changes does."""
        needed = {change.applies for change in self.changes}
        return next(each for each in (Applies.RESTART, Applies.NEXT_START, Applies.LIVE) if each in needed)


class Renamed(NamedTuple):
    """A daemon that is gone and a new one that says the same: most likely it was given another name."""

    before: str
    after: str


class Changes(NamedTuple):
    """All that differs. `manifest` are keys beside the daemons that cannot change while one of them runs."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[DaemonChange, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    manifest: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(self)


def compare(before: Manifest, after: Manifest) -> Changes:
    """Find what is added, removed and changed from one manifest to the other."""
    added = tuple(name for name in after.daemons if name not in before.daemons)
    removed = tuple(name for name in before.daemons if name not in after.daemons)
    both = [(name, daemon, after.daemons[name]) for name, daemon in before.daemons.items() if name in after.daemons]
    changed = [DaemonChange(name, tuple(_daemon(old, new))) for name, old, new in both if old != new]
    tops = ({key: value for key, value in dump(each).items() if key in _NEVER_LIVE} for each in (before, after))
    return Changes(
        added=added,
        removed=removed,
        changed=tuple(one for one in changed if one.changes),
        renamed=tuple(_renamed(before, after, removed, added)),
        manifest=tuple(_differences((), *tops)),
    )


def _daemon(before: Daemon, after: Daemon) -> Iterator[Change]:
    yield from _differences(("daemons", before.name), dump_daemon(before), dump_daemon(after))


def _differences(path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Find the keys whose values differ, those of `after` in its order and then those that it lacks."""
    applies = {key.name: key.applies for key in keys_of(Daemon)}
    old, new = dict(leaves(before, path)), dict(leaves(after, path))
    for place in dict.fromkeys((*new, *old)):
        if place == path or old.get(place) == new.get(place):
            continue
        inner = place[len(path) :]
        was, becomes = (masked_at(place, held[place]) if place in held else None for held in (old, new))
        yield Change(dotted(inner), was, becomes, applies.get(str(inner[0]), Applies.RESTART))


def _renamed(before: Manifest, after: Manifest, removed: tuple[str, ...], added: tuple[str, ...]) -> Iterator[Renamed]:
    left = {name: _meaning(after.daemons[name]) for name in added}
    for name in removed:
        meant = _meaning(before.daemons[name])
        twin = next((other for other, means in left.items() if means == meant), None)
        if twin is not None:
            del left[twin]
            yield Renamed(name, twin)


def _meaning(daemon: Daemon) -> dict[str, Any]:
    return {key: value for key, value in dump_daemon(daemon).items() if key not in _SAYS_NOTHING}
