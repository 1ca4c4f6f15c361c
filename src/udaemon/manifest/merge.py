"""How tables lie over one another: defaults under a daemon's own keys.

Knows no key but those that lead to daemons, and no type: a value that is no table replaces what was there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

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
    whole = {
        name: reduce(merged, levels(top, name)) if isinstance(own, Mapping) else own for name, own in daemons.items()
    }
    return {**top, "daemons": whole}


def environments(stack: Sequence[Tree]) -> tuple[tuple[Tree, bool], ...]:
    """Pair each level with whether its `env-file` counts: the highest that has one replaces the others."""
    last = max((at for at, level in enumerate(stack) if "env-file" in level), default=-1)
    return tuple((level, at == last) for at, level in enumerate(stack))


def _table(tree: Tree, name: str) -> Tree:
    value = tree.get(name)
    return value if isinstance(value, Mapping) else {}
