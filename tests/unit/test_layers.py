"""Imports point down, and no file grows past what one sitting reads.

Reads the source as text; imports none of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "udaemon"
RANK = {
    "errors": -2,
    "waits": -1,
    "frames": 0,
    "frozen": 0,
    "system": 0,
    "units": 0,
    "manifest": 1,
    "policy": 2,
    "child": 3,
    "php": 4,
    "engines": 5,
    "logs": 5,
    "supervisor": 6,
    "control": 6,
    "check": 6,
    "service": 7,
    "migrate": 7,
    "ui": 8,
    "runner": 8,
    "client": 8,
    "cli": 9,
    "__main__": 10,
}
MAY_MEET = {"engines", "logs"}
FILES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "common", "misc", "manager"}


def imported(path: Path) -> Iterator[str]:
    """The dotted names a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides its layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(dotted: str) -> str | None:
    """The layer a dotted name belongs to, None for what is not ours or is the package itself."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "udaemon" and len(parts) > 1 and parts[1] in RANK else None


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "__init__.py" or len(file.parts) > 1], ids=str)
def test_imports_point_down(file: Path) -> None:
    """A module imports its own layer or a lower one; of two on one height only engines and logs may meet."""
    here = file.parts[0].removesuffix(".py")
    upward = {
        dotted
        for dotted in imported(SOURCE / file)
        if (there := layer(dotted)) is not None
        and there != here
        and RANK[there] >= RANK[here]
        and {here, there} != MAY_MEET
    }
    assert upward == set()


def test_no_file_is_longer_than_300_lines() -> None:
    """About 250 lines is where a file is split by noun."""
    long = {str(file): n for file in FILES if (n := (SOURCE / file).read_text(encoding="utf-8").count("\n")) > 300}
    assert long == {}


def test_no_module_is_a_drawer() -> None:
    """A module is named for what is in it."""
    assert [file for file in FILES if file.stem in DRAWERS] == []
