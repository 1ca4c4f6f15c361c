"""The graph of `depends-on` as a tree, for Mermaid and for Graphviz.

Knows no manifest and no supervisor: the JSON of `graph` in, text out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from udaemon.ui.escape import escape
from udaemon.ui.ps import TINTS
from udaemon.ui.table import LEAST_NAME, cut, tinted

Node = Mapping[str, Any]


def tree(nodes: Sequence[Node], available: int | None, *, color: bool = False) -> str:
    """What nothing needs, each with all that it needs below it; what stands above already is not unfolded again.

    Args:
        nodes: As in `graph --json`.
        available: Width of the terminal, None where there is none.
        color: Whether to colour.
    """
    known = {node["name"]: node for node in nodes}
    needed = {edge["name"] for node in nodes for edge in _edges(node)}
    roots = [node["name"] for node in nodes if node["name"] not in needed]
    unfolded: set[str] = set()
    lines = [line for root in roots for line in _lines(root, known, unfolded)]
    return "".join(f"{_drawn(line, available, color=color)}\n" for line in lines)


def mermaid(nodes: Sequence[Node]) -> str:
    """A flowchart, from what needs to what is needed."""
    number = {node["name"]: f"d{at}" for at, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for node in nodes:
        state = f"<br/>{node['state']}" if node["state"] else ""
        lines.append(f'    {number[node["name"]]}["{node["name"]}{state}"]')
    for node in nodes:
        for edge in _edges(node):
            arrow = "-->" if edge["required"] else "-.->"
            if edge["name"] in number:
                ends = number[node["name"]], number[edge["name"]]
                lines.append(f'    {ends[0]} {arrow}|"{_label(edge)}"| {ends[1]}')
    return "\n".join(lines) + "\n"


def dot(nodes: Sequence[Node]) -> str:
    """A digraph, from what needs to what is needed."""
    lines = ["digraph udaemon {", "    rankdir=LR;", "    node [shape=box];"]
    for node in nodes:
        state = f"\\n{node['state']}" if node["state"] else ""
        lines.append(f'    "{node["name"]}" [label="{node["name"]}{state}"];')
    for node in nodes:
        for edge in _edges(node):
            style = "" if edge["required"] else ", style=dashed"
            lines.append(f'    "{node["name"]}" -> "{edge["name"]}" [label="{_label(edge)}"{style}];')
    return "\n".join([*lines, "}"]) + "\n"


class _Line(NamedTuple):
    branch: str
    name: str
    label: str
    state: str


def _lines(root: str, known: Mapping[str, Node], unfolded: set[str]) -> Iterator[_Line]:
    """A daemon and what it needs, a line each. A chain may be of any length."""
    left = [(root, "", "", "")]
    while left:
        name, label, first, rest = left.pop()
        node = known.get(name, {"state": None, "depends_on": ()})
        edges = _edges(node)
        folded = bool(edges) and name in unfolded
        yield _Line(first, escape(name), f"{label}{' (see above)' if folded else ''}", node["state"] or "")
        if folded:
            continue
        unfolded.add(name)
        for edge in reversed(edges):
            branch, space = ("└─ ", "   ") if edge is edges[-1] else ("├─ ", "│  ")
            left.append((edge["name"], f"@{_label(edge)}", rest + branch, rest + space))


def _edges(node: Node) -> Sequence[Mapping[str, Any]]:
    """What a daemon needs, and whose runs its own come after, which it can be up without."""
    after = node.get("after_run", {}).items()
    follows = [{"name": name, "condition": f"run {on}", "required": False, "restart": False} for name, on in after]
    return [*node["depends_on"], *follows]


def _label(edge: Mapping[str, Any]) -> str:
    if edge["condition"].startswith("run "):
        return str(edge["condition"])
    more = [word for word, said in (("optional", not edge["required"]), ("restarts with it", edge["restart"])) if said]
    return f"{edge['condition']} ({', '.join(more)})" if more else str(edge["condition"])


def _drawn(line: _Line, available: int | None, *, color: bool) -> str:
    """The line; where it is too long the name is shortened before the rest is."""
    branch, name, label, state = line
    text = f"{branch}{name}{label}"
    if available is not None:
        room = max(1, available - (len(state) + 2 if state else 0))
        text = cut(f"{branch}{cut(name, max(LEAST_NAME, room - len(branch + label)), middle=True)}{label}", room)
    shown = tinted(state, TINTS.get(state, "dim")) if color else state
    return f"{text}  {shown}" if state else text
