"""Names that lead to others: what is reached from some, and the cycles among them.

Knows nothing of what a name is, or of how one leads to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any


def reached(names: Iterable[str], leads: Callable[[str], Iterable[str]]) -> set[str]:
    """These names and all that they lead to, however far away."""
    found: set[str] = set()
    more = set(names)
    while more:
        found |= more
        more = {one for name in more for one in leads(name)} - found
    return found


def cycles(edges: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    """Each cycle once, from its first name in the order of `edges` back to that.

    Args:
        edges: Where each name leads to; of each cycle that was found the first edge is taken out.
    """
    while any(edges.values()):
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            *nodes, _ = reversed(error.args[1])  # graphlib goes from what is needed to who needs it
            first = min(nodes, key=list(edges).index)
            line = [*nodes[nodes.index(first) :], *nodes[: nodes.index(first)], first]
            yield line
            del edges[first][line[1]]
        else:
            return


def put(line: list[str], what: str) -> str:
    """What a cycle is told as: `needs itself: a → b → a`."""
    return f"{what} itself: {' → '.join(line)}" if len(line) > 2 else f"{what} itself"
