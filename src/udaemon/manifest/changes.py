"""What differs between two manifests, key by key, and when each difference takes effect on daemons that run.

Knows no process: `apply` is what acts on it. Values are as `config` prints them, with secrets masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from attrs import evolve

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.dump import dump, dump_daemon
from udaemon.manifest.hooks import IN_CHILD, callables
from udaemon.manifest.keys import Applies, Key, keys_of
from udaemon.manifest.kinds import TASKS
from udaemon.manifest.merge import meaningless
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.origin import leaves
from udaemon.manifest.problems import Path, dotted
from udaemon.manifest.secrets import masked_at

_NEVER_LIVE = ("project", "context", "run-dir")
"""Keys of the manifest that name files, directories and sockets of everything in it."""

_BESIDE_DAEMONS = {**dict.fromkeys(_NEVER_LIVE, Applies.RESTART), "max-starting": Applies.LIVE}

_SAYS_NOTHING = frozenset({"description", "tags"})
"""Keys that people read; two daemons may be the same without them."""


_GIVEN_TO_PHP = frozenset({"memory_limit", "memory_threshold"})
"""Keys that a PHP process gets as it starts; a task in Python looks them up after each run."""


_OF_THE_SUPERVISOR = {
    **dict.fromkeys(("exclusions", "begins", "until", "after_stop"), Applies.LIVE),
    **dict.fromkeys(("before_start", "run_on_start"), Applies.NEXT_START),
}
"""Keys that the contract does not list, and that no process has to be replaced for: it is told, or need not know."""

_PARTLY_CARRIED = frozenset({"on", "lock", "after_run"})
"""Keys of which a process knows a part: whether it is to tell or ask at all, and what it calls itself."""


_NAMES_A_FILE = ("file", "stderr")
"""Keys of `log` that say which files a process writes to: those of one that runs stay."""


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
        return _most(change.applies for change in self.changes) or Applies.LIVE


class Renamed(NamedTuple):
    """A daemon that is gone and a new one that says the same: most likely it was given another name."""

    before: str
    after: str


class Changes(NamedTuple):
    """All that differs. `manifest` are keys beside the daemons, most of which cannot change while one of them runs.

    `resting` are those of `added` that do not start by themselves.
    """

    added: tuple[str, ...] = ()
    resting: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[DaemonChange, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    manifest: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(self)

    def summary(self) -> str:
        """How many daemons differ, and how: `1 added, 3 changed`."""
        counts = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        told = ", ".join(f"{len(daemons)} {word}" for word, daemons in counts if daemons)
        return told or ", ".join(change.key for change in self.manifest)


def differing(before: Daemon, after: Daemon) -> tuple[Key, ...]:
    """The keys with another value, in the order of the model; of those that mean something for such a daemon."""
    if before == after:
        return ()
    other = {*meaningless(before.kind)}.intersection(meaningless(after.kind))
    changed = (key for key in keys_of(Daemon) if getattr(before, key.field) != getattr(after, key.field))
    return tuple(key for key in changed if key.name not in other)


def needs(before: Daemon, after: Daemon) -> Applies | None:
    """What a change from one declaration to the other takes: the most that one of its keys does; None for none."""
    return _most(_applies(key, before, after) for key in differing(before, after))


def compare(before: Manifest, after: Manifest) -> Changes:
    """Find what is added, removed and changed from one manifest to the other."""
    added = tuple(name for name in after.daemons if name not in before.daemons)
    removed = tuple(name for name in before.daemons if name not in after.daemons)
    both = [(name, daemon, after.daemons[name]) for name, daemon in before.daemons.items() if name in after.daemons]
    changed = [DaemonChange(name, tuple(_daemon(old, new))) for name, old, new in both if old != new]
    old_top, new_top = (dump(evolve(each, daemons={})) for each in (before, after))
    return Changes(
        added=added,
        resting=tuple(name for name in added if not (after.daemons[name].enabled and after.daemons[name].autostart)),
        removed=removed,
        changed=tuple(one for one in changed if one.changes),
        renamed=tuple(_renamed(before, after, removed, added)),
        manifest=tuple(_leaves({**_BESIDE_DAEMONS, "on": _applies_on(before, after)}, (), old_top, new_top)),
    )


def refuse_what_never_changes(changes: Changes) -> None:
    """Refuse changes of what names the files and sockets of everything that runs.

    Raises:
        UdaemonError: There is one.
    """
    never = [change.key for change in changes.manifest if change.applies is Applies.RESTART]
    if never:
        keys = " and ".join(never)
        message = f"{keys} cannot change while the project runs"
        raise UdaemonError(message, "udaemon down and udaemon up put it into effect", ExitCode.USAGE)


def _applies_on(before: Manifest, after: Manifest) -> Applies:
    """When the hooks of all daemons take effect: a task tells of runs from its start on, where somebody is to hear."""
    heard = [(bool(one.on.task_done), bool(one.on.missed)) for one in (before, after)]
    tasks = any(daemon.kind in TASKS for daemon in after.daemons.values())
    return Applies.NEXT_START if tasks and heard[0] != heard[1] else Applies.LIVE


def _daemon(before: Daemon, after: Daemon) -> Iterator[Change]:
    applies = {key.name: _applies(key, before, after) for key in differing(before, after)}
    return _leaves(applies, ("daemons", before.name), dump_daemon(before), dump_daemon(after))


def _leaves(
    keys: Mapping[str, Applies], path: Path, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    """Find what is written otherwise below these keys: in the order of `after`, then what it lacks."""
    tables = ({key: table[key] for key in table if key in keys} for table in (before, after))
    old, new = (dict(leaves(table, path)) if table else {} for table in tables)
    for place in dict.fromkeys((*new, *old)):
        if old.get(place) == new.get(place):
            continue
        inner = place[len(path) :]
        was, becomes = (masked_at(place, held[place]) if place in held else None for held in (old, new))
        yield Change(dotted(inner), was, becomes, keys[str(inner[0])])


def _applies(key: Key, before: Daemon, daemon: Daemon) -> Applies:
    if key.field == "log" and any(getattr(before.log, name) != getattr(daemon.log, name) for name in _NAMES_A_FILE):
        return Applies.RESTART
    if key.field in _PARTLY_CARRIED and _carried(key, before) == _carried(key, daemon):
        return Applies.LIVE
    given = daemon.kind == "php" and key.field in _GIVEN_TO_PHP
    return Applies.RESTART if given else _OF_THE_SUPERVISOR.get(key.field, key.applies)


def _carried(key: Key, daemon: Daemon) -> object:
    """What a process that runs goes by itself; all else that the key says is looked up by the supervisor."""
    has_task = daemon.kind in TASKS
    match key.field:
        case "on" if has_task:
            done = len(daemon.on.task_done) > len(callables(daemon.on.task_done))
            return done, bool(daemon.on.missed), *(callables(daemon.on.of(event)) for event in IN_CHILD)
        case "lock" if has_task:
            return bool(daemon.lock)
        case "lock" if not daemon.is_scheduled:
            return daemon.lock
        case "after_run" if has_task:
            return tuple(one.name for one in daemon.after_run)
        case "after_run":
            return daemon.is_scheduled
        case _:
            return None


def _most(applies: Iterable[Applies]) -> Applies | None:
    found = set(applies)
    return next((each for each in (Applies.RESTART, Applies.NEXT_START, Applies.LIVE) if each in found), None)


def _renamed(before: Manifest, after: Manifest, removed: tuple[str, ...], added: tuple[str, ...]) -> Iterator[Renamed]:
    left = {name: _meaning(after.daemons[name]) for name in added} if removed else {}
    for name in removed:
        meant = _meaning(before.daemons[name])
        twin = next((other for other, means in left.items() if means == meant), None)
        if twin is not None:
            del left[twin]
            yield Renamed(name, twin)


def _meaning(daemon: Daemon) -> dict[str, Any]:
    return {key: value for key, value in dump_daemon(daemon).items() if key not in _SAYS_NOTHING}
