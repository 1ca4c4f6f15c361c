"""Makes the page of faults from `faults.toml` and from the names and docstrings of the tests that prove its rows.

Knows nothing of what a test does. Run it as `python docs/faults.py` from anywhere; a test says when the page is stale.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE / "reference" / "faults.md"
TESTS = HERE.parent / "tests"

_ROW = re.compile(r"(?<![a-z0-9])[fF](\d{1,3})(?![a-z0-9])")
_HEAD = """\
# Faults

What can go wrong, what udaemon does then, and the test that makes it go wrong.
A row's number is used in the code and in the tests; `strace -e inject`, `prlimit`, small tmpfs and SIGSTOP are how
most of them are injected.
This page is made by `python docs/faults.py` from `docs/faults.toml` and the tests.
"""


def tests_of_rows() -> dict[str, list[str]]:
    """Each row's tests, as `path/from/tests.py: test_name`: those that name the row in their name or docstring."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for function in _tests(path):
            text = f"{function.name} {ast.get_docstring(function) or ''}".replace("_", " ")
            for number in dict.fromkeys(_ROW.findall(text)):
                found.setdefault(f"F{number}", []).append(f"{path.relative_to(TESTS)}: {function.name}")
    return found


def tests() -> frozenset[str]:
    """Every test, as a row of the table may name it beside those that name the row."""
    return frozenset(
        f"{path.relative_to(TESTS)}: {function.name}" for path in TESTS.rglob("test_*.py") for function in _tests(path)
    )


def named_by_rows() -> frozenset[str]:
    """The tests that the table names itself."""
    told = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    return frozenset(test for row in told["rows"] for test in row.get("tests", ()))


def page() -> str:
    """The page as it should be."""
    told = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    proofs = tests_of_rows()
    lines = [_HEAD]
    for group, rows in groupby(told["rows"], key=lambda row: row["group"]):
        lines += [f"## {group}", "", "| row | fault | what must happen | test |", "|---|---|---|---|"]
        lines += [_line(row, [*row.get("tests", ()), *proofs.get(row["id"], ())]) for row in rows]
        lines.append("")
    lines += [
        "## What always holds",
        "",
        "A soak checks these from outside: by /proc, log files and what verbs print.",
        "",
    ]
    lines += ["| invariant | |", "|---|---|"]
    lines += [f"| {row['id']} | {_cell(row['promise'])} |" for row in told["invariants"]]
    return "\n".join(lines) + "\n"


def _line(row: dict[str, Any], proofs: list[str]) -> str:
    shown = "<br>".join(f"`{proof}`" for proof in proofs) or "not yet"
    fault = f"{_cell(row['fault'])} ({_cell(row['inject'])})"
    return f"| {row['id']} | {fault} | {_cell(row['promise'])} | {shown} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _tests(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
