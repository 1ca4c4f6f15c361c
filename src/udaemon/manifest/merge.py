"""How tables lie over one another: layers of a manifest, and under a daemon's own keys those it extends and `defaults`.

Knows no key but those that lead to daemons or stand for one thing in several forms, and no type: a value that is no
table replaces what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

from udaemon.manifest.hooks import EVENTS
from udaemon.manifest.keys import keys_of
from udaemon.manifest.model import KINDS, Daemon

Tree = Mapping[str, Any]

_PACE = frozenset(
    "sleep min-sleep cron timezone jitter stagger run-on-start overlap misfire except from until after-run".split()
)
"""Keys of `defaults` that are for tasks only: a command has a schedule where it says so itself."""

_EVENTS = frozenset(EVENTS)

_ONE_THING = frozenset({"env-file"})
"""Keys whose table is one value: half of a lower one would be another file than anybody named."""

_SAYS_PHP = frozenset({"factory", "id"})

LONGEST_LINE = 8
"""Daemons that extend one another; each is merged again for every daemon below it."""


def merged(lower: Tree, upper: Tree) -> dict[str, Any]:
    """Lay one table over another: tables merge key by key, anything else is replaced, also by false, 0 and []."""
    result = dict(lower)
    for name, value in upper.items():
        below = result.get(name)
        if not isinstance(value, dict) or not isinstance(below, dict) or name in _ONE_THING:
            result[name] = value
        elif name == "on" and _EVENTS.issuperset(value):  # a hook is a value, though it may be written as a table
            result[name] = {**below, **value}
        else:
            result[name] = merged(below, value)
    return result


def layered(layers: Iterable[Tree]) -> dict[str, Any]:
    """Lay whole manifests over one another, the first one lowest; `x-` keys are nobody's."""
    plain = [{name: value for name, value in layer.items() if not name.startswith("x-")} for layer in layers]
    return plain[0] if len(plain) == 1 else reduce(merged, plain, {})


def lineage(top: Tree, name: str) -> tuple[str, ...]:
    """Return the daemons that one is made of, itself first; a repeated or unknown name ends it, and is last.

    Where there are more than `LONGEST_LINE`, those are not told.
    """
    daemons = _table(top, "daemons")
    line = [name]
    while len(line) <= LONGEST_LINE and isinstance(parent := _table(daemons, line[-1]).get("extends"), str):
        ends = parent in line or parent not in daemons
        line.append(parent)
        if ends:
            break
    return tuple(line)


def levels(top: Tree, name: str) -> tuple[Tree, ...]:
    """Return the tables that make up a daemon, the lowest first; the last is its own."""
    daemons = _table(top, "daemons")
    own = _table(daemons, name)
    if "extends" not in own:
        return _table(top, "defaults"), own
    parents = dict.fromkeys(lineage(top, name)[1:])
    parents.pop(name, None)
    bases = [{key: value for key, value in _table(daemons, base).items() if key not in _own()} for base in parents]
    return (_table(top, "defaults"), *reversed(bases), own)


def with_levels(top: Tree) -> dict[str, Any]:
    """Merge its levels into each daemon; what is no table stays, to be found wrong later."""
    daemons = top.get("daemons")
    if not isinstance(daemons, dict):
        return dict(top)
    whole = {name: _whole(top, name) if isinstance(own, dict) else own for name, own in daemons.items()}
    return {**top, "daemons": whole}


@cache
def meaningless(kind: str) -> tuple[str, ...]:
    """Return the keys that mean nothing for a daemon of this kind."""
    mine = kind.partition(".")[0]
    return tuple(
        key.name
        for key in keys_of(Daemon)
        if (kind not in key.only if key.only else key.name in KINDS and key.name != mine)
    )


def kinds(stack: Sequence[Tree]) -> tuple[str, ...]:
    """Return the keys of a daemon that say what to run. A `php` below it alone is for those with a factory."""
    *lower, own = stack
    below = [level for level in lower if level]
    return tuple(kind for kind in KINDS if kind in own or (below and any(says(level, kind) for level in below)))


def says(level: Tree, kind: str) -> bool:
    """Whether a table says what to run in this way. For `php` that is a factory, or the id of a whole daemon."""
    return not _SAYS_PHP.isdisjoint(_table(level, kind)) if kind == "php" else kind in level


def php_keys(stack: Sequence[Tree]) -> set[str]:
    """Return the keys that the tables say of `php`."""
    return {name for level in stack for name in _table(level, "php")}


def kind_of(stack: Sequence[Tree], has: tuple[str, ...]) -> str | None:
    """Return what kind of daemon its tables make, as `Daemon.kind` does; None where it is not just one of `kinds`."""
    if has != ("php",):
        return has[0] if len(has) == 1 else None
    php = php_keys(stack)
    return "php.entry" if "entry" in php and "factory" not in php else "php"


@cache
def _own() -> frozenset[str]:
    """Keys that are not taken over from the daemon that is extended."""
    return frozenset(key.name for key in keys_of(Daemon) if not key.inherited)


def _whole(top: Tree, name: str) -> dict[str, Any]:
    """Merge a daemon; what is said below it for other kinds of daemon is not about this one."""
    *lower, own = stack = levels(top, name)
    kind = kind_of(stack, kinds(stack))
    if kind == "command":  # a pace for tasks makes no server a job that is started again and again
        lower[0] = {key: value for key, value in lower[0].items() if key not in _PACE}
    below = lower[0] if len(lower) == 1 else reduce(merged, lower)
    if own.get("after-run"):
        below = {key: value for key, value in below.items() if key not in _PACE}
    elif own.get("cron") is not None or own.get("sleep") is not None:
        below = {key: value for key, value in below.items() if key != "after-run"}
    if own.get("cron") is not None:
        below = {key: value for key, value in below.items() if key != "sleep"}
    elif own.get("sleep") is not None:
        below = {key: value for key, value in below.items() if key != "cron"}
    drop = meaningless(kind) if kind else ()
    return merged({key: value for key, value in below.items() if key not in drop}, own)


def environments(stack: Sequence[Tree]) -> tuple[tuple[Tree, bool], ...]:
    """Pair each level with whether its `env-file` counts: the highest that has one replaces the others."""
    last = max((at for at, level in enumerate(stack) if "env-file" in level), default=-1)
    return tuple((level, at == last) for at, level in enumerate(stack))


def _table(tree: Tree, name: str) -> Tree:
    value = tree.get(name)
    return value if isinstance(value, dict) else {}
