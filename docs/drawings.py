"""Draws rooms, processes and the start-up from pyproject.toml, from imports, and from names and calls in the code.

Knows nothing of what a room does. Run it as `python docs/drawings.py`; a test says when a page is stale.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "drawings.md"
STARTUP_PAGE = HERE / "startup.md"
SOURCE = HERE.parent / "src" / "udaemon"

Edges = Mapping[str, frozenset[str]]

PROCESSES = {
    "up": ("udaemon up", "cli/commands/up.py", "command", "supervisor keeper"),
    "keeper": ("keeper, of up -d", "service/keeper.py", "Keeper.run", "supervisor"),
    "supervisor": ("supervisor", "service/main.py", "main", "zygote command logger prober hooks reader"),
    "zygote": ("zygote", "engines/zygote/server.py", "serve", "daemon"),
    "daemon": ("a daemon with a factory", "child/process.py", "run", ""),
    "command": ("a daemon with a command", "engines/commands.py", "Launcher.start", ""),
    "logger": ("logger", "logs/logger_main.py", "main", ""),
    "prober": ("prober", "engines/probing/prober.py", "main", ""),
    "hooks": ("hook runner", "engines/hooks/runner.py", "main", ""),
    "reader": ("manifest reader, for diff", "service/manifest_reader.py", "main", ""),
}
"""Each process: what it is called, the file and the function with which it begins, and which others it makes."""

STARTUP = {
    "udaemon up": {
        "script": ("cli/main.py", "_script"),
        "early": ("service/spawn_supervisor.py", "spawn_early"),
        "fast": ("cli/fast.py", "up"),
        "verb": ("cli/commands/up.py", "command"),
        "bring_up": ("cli/up.py", "bring_up"),
        "go": ("service/spawn_supervisor.py", "SupervisorProcess.go"),
        "ready": ("service/handoff.py", "await_ready"),
    },
    "supervisor": {
        "forked": ("service/spawn_supervisor.py", "_main_forked"),
        "wait_for_handoff": ("service/spawn_supervisor.py", "_wait_for_handoff"),
        "prefork_zygote": ("engines/zygote/prefork.py", "prefork_zygote"),
        "main": ("service/main.py", "main"),
        "receive": ("service/handoff.py", "receive"),
        "ground": ("service/groundwork.py", "Groundwork.begin"),
        "begin": ("service/supervisor.py", "Service.begin"),
        "report": ("service/handoff.py", "report"),
        "run": ("service/supervisor.py", "Service.run"),
    },
    "zygote": {
        "preforked": ("engines/zygote/prefork.py", "_serve_preforked"),
        "serve": ("engines/zygote/server.py", "serve"),
    },
}
"""The functions of the start-up by the process in which they run, in the order in which they do."""

STARTUP_ARROWS = (
    ("script", "early", "up"),
    ("script", "fast", "up and up -d"),
    ("script", "verb", "click"),
    ("fast", "bring_up", ""),
    ("verb", "bring_up", ""),
    ("bring_up", "go", "manifest read, lock taken"),
    ("go", "ready", ""),
    ("early", "forked", "fork"),
    ("forked", "wait_for_handoff", ""),
    ("wait_for_handoff", "main", "loads the groundwork"),
    ("main", "receive", ""),
    ("main", "ground", ""),
    ("main", "begin", "loads the rest"),
    ("main", "report", ""),
    ("main", "run", ""),
    ("wait_for_handoff", "prefork_zygote", ""),
    ("prefork_zygote", "preforked", "fork"),
    ("preforked", "serve", ""),
    ("go", "receive", "socket: manifest, lock"),
    ("report", "ready", "pipe: it listens"),
    ("ground", "serve", "socket: what to import"),
)
"""Who calls or forks whom, or tells it something; what is sent has "socket:" or "pipe:" before it."""

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

_STARTUP = """\
# From `udaemon up` to a supervisor

Made by `python docs/drawings.py` from the names and calls of the code.

1. The first process reads from the command line that the verb is `up`, and forks the supervisor's process before it
   loads anything ([0009](decisions/0009-young-fork.md)). With `-d` that is the keeper, which forks the supervisor at
   once (`_keep`) and then waits for its end ([0012](decisions/0012-keeper.md)).
2. That leaves the caller's terminal, session and descriptors behind, loads what daemons need, and forks a zygote, which
   has just that. It loads what loop, logs and engine take, and waits. Zygote and keeper sleep until the manifest has
   been read: two processors have enough to do with that and this.
3. Meanwhile the first process loads the command line and reads the manifest. Then it makes the run directory and takes
   its lock. Where a supervisor has it already, or the manifest is wrong, the new one is killed.
4. The manifest and descriptors go to the supervisor by a socket, so that no secret stands in a file or in arguments.
5. The supervisor begins with loop, logs and engine, which tells the zygote what to import. While that does so, it loads
   the rest, puts its parts together, starts daemons and listens. It says through a pipe that it is ready, or why it is
   not.
6. `up -d` shows what becomes of each daemon, and leaves. In the foreground it goes on as a client like any other. It
   holds one end of a pipe then, and the supervisor watches the other: when the first process ends, everything stops.

A caller that has threads, as a program that calls the command line as a function, cannot be forked from: there
`service/spawn_supervisor.py` executes a fresh interpreter, which takes the same path from `_wait_for_handoff` on.

A full arrow calls or forks; a dotted one sends.
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


def calls(caller: tuple[str, str], called: str) -> bool:
    """Whether a function names another, itself or through functions beside it in its file and class."""
    file, name = caller
    tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
    bodies = {node.name: _named(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    seen: set[str] = set()
    ahead = [name.rpartition(".")[2]]
    while ahead:
        seen.add(here := ahead.pop())
        ahead += [one for one in bodies.get(here, ()) if one in bodies and one not in seen]
        if called in bodies.get(here, ()):
            return True
    return False


def startup_page() -> str:
    """The page of the start-up as it should be."""
    return "\n".join([_STARTUP, *_fenced(_startup())]) + "\n"


def page() -> str:
    """The page of rooms and processes as it should be."""
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


def _startup() -> Iterator[str]:
    places = {key: place for process in STARTUP.values() for key, place in process.items()}
    for process, functions in STARTUP.items():
        yield f'  subgraph {process.split()[-1]}_ ["{process}"]'
        for key, (file, function) in functions.items():
            if not begins(file, function):
                raise LookupError(f"{file} has no function {function}")
            yield f'    {key}["{file}<br>{function}()"]'
        yield "  end"
    for start, end, told in STARTUP_ARROWS:
        sent = told.startswith(("socket:", "pipe:"))
        if not sent and told != "click" and not calls(places[start], places[end][1].rpartition(".")[2]):
            raise LookupError(f"{places[start]} does not call {places[end]}")
        label = f'|"{told}"|' if told else ""
        yield f"  {start} {'-.->' if sent else '-->'}{label} {end}"


def _named(node: ast.AST) -> frozenset[str]:
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return frozenset(names | {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)})


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
    STARTUP_PAGE.write_text(startup_page(), encoding="utf-8")
