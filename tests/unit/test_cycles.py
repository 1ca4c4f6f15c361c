"""No module of udaemon imports itself by way of others, at whatever moment: also not later, inside a function.

Imports for types alone (`if TYPE_CHECKING`) are none: they load nothing. Reads the source as text; imports none of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "udaemon"


def dotted(file: Path) -> str:
    """The name by which a file is imported."""
    return ".".join(("udaemon", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {dotted(file): file.read_text(encoding="utf-8") for file in sorted(SOURCE.rglob("*.py"))}


def imported(text: str) -> Iterator[str]:
    """Every dotted name that is imported when the module is loaded or used, packages and names in a module too."""
    ahead: list[ast.AST] = [ast.parse(text)]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            ahead += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        ahead += ast.iter_child_nodes(node)


def cycle(modules: Mapping[str, str]) -> list[str]:
    """One of the cycles among these modules, empty where there is none. A package that hands out its own is none."""
    graph = {
        name: {other for other in imported(text) if other in modules and other != name and name != "udaemon"}
        for name, text in modules.items()
    }
    for name, others in graph.items():  # to import a module of a package is to import the package first
        graph[name] = {other for other in others if not name.startswith(f"{other}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert cycle(MODULES) == []


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("from udaemon.b import x", True),
        ("import udaemon.b", True),
        ("from udaemon import b", True),
        ("def f():\n    from udaemon.b import x", True),
        ("class C:\n    def f(self):\n        import udaemon.b", True),
        ("try:\n    import udaemon.b\nexcept ImportError:\n    pass", True),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from udaemon.b import x", False),
        ("import typing\nif typing.TYPE_CHECKING:\n    from udaemon.b import x\nelse:\n    import udaemon.b", True),
        ("text = 'import udaemon.b'", False),
    ],
)
def test_a_cycle_is_seen_wherever_an_import_stands(first: str, *, found: bool) -> None:
    modules = {"udaemon.a": first, "udaemon.b": "from udaemon.c import y", "udaemon.c": "import udaemon.a"}
    assert bool(cycle(modules)) is found
