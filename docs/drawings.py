"""Draws the rooms of the code and the processes of a project, from pyproject.toml, imports and names in the code.

Knows nothing of what a room does. Run it as `python docs/drawings.py`; a test says when the page is stale.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "drawings.md"
SOURCE = HERE.parent / "src" / "udaemon"

Edges = Mapping[str, frozenset[str]]

PROCESSES = {
    "up": ("udaemon up", "cli/commands/up.py", "command", "supervisor"),
    "supervisor": ("supervisor", "service/supervisor.py", "main", "zygote command logger"),
    "zygote": ("zygote", "engines/zygote/server.py", "serve", "daemon"),
    "daemon": ("a daemon with a factory", "child/process.py", "run", ""),
    "command": ("a daemon with a command", "engines/commands.py", "Launcher.start", ""),
    "logger": ("logger", "logs/logger_main.py", "main", ""),
}
"""Each process: what it is called, the file and the function with which it begins, and which others it makes."""

_HEAD = """\
# Drawings

Made by `python docs/drawings.py` from the layers in `pyproject.toml`, the imports of the code and its names.

## The rooms

An arrow is an import; what follows from others is left out.
Each row may import what is below it.
"""
_PROCESSES = """\
## The processes

With the file and the function in which each begins.
An arrow says who makes whom; a daemon is the supervisor's own child all the same
([0002](decisions/0002-own-children.md)).
"""


def layers() -> list[list[str]]:
    """The rows of rooms from the top, as import-linter has them."""
    settings = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    rows = [row.replace("|", " ").replace(":", " ").split() for row in contract["layers"]]
    return [[name.removeprefix("udaemon.") for name in row] for row in rows]


def imports(rooms: list[str]) -> Edges:
    """Which rooms each room imports."""
    return {room: frozenset(_imported(room)) & frozenset(rooms) - {room} for room in rooms}


def reduced(edges: Edges) -> Edges:
    """The edges without those that two or more others say together."""
    return {
        room: frozenset(one for one in there if not any(one in _reach(edges, other) for other in there - {one}))
        for room, there in edges.items()
    }


def begins(file: str, function: str) -> bool:
    """Whether there is such a function in such a file, `Class.method` for one of a class."""
    nodes: list[ast.AST] = [ast.parse((SOURCE / file).read_text(encoding="utf-8"))]
    for name in function.split("."):
        below = [inner for node in nodes for inner in ast.iter_child_nodes(node)]
        nodes = [one for one in below if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name]
    return nodes != []


def page() -> str:
    """The page as it should be."""
    return "\n".join([_HEAD, *_fenced(_rooms()), "", _PROCESSES, *_fenced(_processes())]) + "\n"


def _rooms() -> Iterator[str]:
    rows = layers()
    for number, row in enumerate(rows):
        yield f'  subgraph row{number} [" "]'
        yield from (f"    {room}" for room in row)
        yield "  end"
    for room, there in reduced(imports([room for row in rows for room in row])).items():
        yield from (f"  {room} --> {one}" for one in sorted(there))


def _processes() -> Iterator[str]:
    for key, (title, file, function, _) in PROCESSES.items():
        if not begins(file, function):
            raise LookupError(f"{file} has no function {function}: name the one in which {title} begins")
        yield f'  {key}["{title}<br>{file}<br>{function}()"]'
    for key, (*_, makes) in PROCESSES.items():
        yield from (f"  {key} --> {made}" for made in makes.split())


def _fenced(lines: Iterator[str]) -> list[str]:
    return ["```mermaid", "flowchart TD", *lines, "```"]


def _imported(room: str) -> Iterator[str]:
    files = sorted((SOURCE / room).rglob("*.py")) or [SOURCE / f"{room}.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from (name.split(".")[1] for name in names if name is not None and name.startswith("udaemon."))


def _reach(edges: Edges, room: str) -> frozenset[str]:
    there = edges[room]
    return there.union(*(_reach(edges, one) for one in there))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
