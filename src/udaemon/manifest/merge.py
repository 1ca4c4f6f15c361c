"""How tables lie over one another: defaults under a daemon's own keys.

Knows no key but those that lead to daemons, and no type: a value that is no table replaces what was there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from typing import Any

from udaemon.manifest.keys import keys_of
from udaemon.manifest.model import Daemon

Tree = Mapping[str, Any]


def merged(lower: Tree, upper: Tree) -> dict[str, Any]:
    """Lay one table over another: tables merge key by key, anything else is replaced, also by false, 0 and []."""
    result = dict(lower)
    for name, value in upper.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return result


def levels(top: Tree, name: str) -> tuple[Tree, ...]:
    """Tell the tables that make up a daemon, the lowest first; the last is its own."""
    own = _table(_table(top, "daemons"), name)
    return (_table(top, "defaults"), own)


def with_levels(top: Tree) -> dict[str, Any]:
    """Merge its levels into each daemon; what is no table stays, to be found wrong later."""
    daemons = top.get("daemons")
    if not isinstance(daemons, Mapping):
        return dict(top)
    whole = {name: _whole(top, name) if isinstance(own, Mapping) else own for name, own in daemons.items()}
    return {**top, "daemons": whole}


@cache
def meaningless(kind: str) -> tuple[str, ...]:
    """Tell the keys that mean nothing for a daemon of this kind, `factory` or `command`."""
    return tuple(key.name for key in keys_of(Daemon) if key.only not in {None, kind})


def _whole(top: Tree, name: str) -> dict[str, Any]:
    """Merge a daemon; what `defaults` say for the other kind of daemon is not about this one."""
    *lower, own = levels(top, name)
    below = reduce(merged, lower)
    kinds = [kind for kind in ("factory", "command") if kind in own or kind in below]
    drop = meaningless(kinds[0]) if len(kinds) == 1 else ()
    return merged({key: value for key, value in below.items() if key not in drop}, own)


def environments(stack: Sequence[Tree]) -> tuple[tuple[Tree, bool], ...]:
    """Pair each level with whether its `env-file` counts: the highest that has one replaces the others."""
    last = max((at for at, level in enumerate(stack) if "env-file" in level), default=-1)
    return tuple((level, at == last) for at, level in enumerate(stack))


def _table(tree: Tree, name: str) -> Tree:
    value = tree.get(name)
    return value if isinstance(value, Mapping) else {}
