"""Problems as services read them: GitHub's workflow commands, and SARIF 2.1.0.

Knows nothing of how problems are found.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from udaemon import __version__
from udaemon.errors import Problem
from udaemon.manifest.codes import CODES
from udaemon.manifest.pages import HOME, code_page
from udaemon.manifest.report import printable, shown_path

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_github(problems: Sequence[Problem], base: str) -> str:
    """Write a workflow command for each problem, which GitHub shows beside the line."""
    return "".join(f"{_command(problem, base)}\n" for problem in problems)


def as_sarif(problems: Sequence[Problem], base: str) -> str:
    """Write a SARIF log of one run."""
    used = sorted({problem.code for problem in problems})
    driver: dict[str, Any] = {
        "name": "udaemon",
        "version": __version__,
        "informationUri": HOME,
        "rules": [_rule(code) for code in used],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"BASE": {"uri": f"file://{quote(base)}/"}},
        "results": [_result(problem, base, used.index(problem.code)) for problem in problems],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _command(problem: Problem, base: str) -> str:
    properties = {"title": f"udaemon {problem.code}"}
    if problem.file is not None:
        properties = {"file": shown_path(problem.file, base), **properties}
    if problem.line is not None:
        properties |= {"line": str(problem.line), "col": str(problem.column)}
    told = ",".join(f"{name}={_escaped(value, also=',:')}" for name, value in properties.items())
    return f"::{problem.severity} {told}::{_escaped(_message(problem))}"


def _escaped(text: str, also: str = "") -> str:
    """Escape what a workflow command reads as its own: % and line ends, in properties the separators too."""
    return "".join(f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter for letter in text)


def _message(problem: Problem) -> str:
    path = f"{problem.path}: " if problem.path else ""
    lines = f"{path}{problem.message}{f' ({problem.hint})' if problem.hint else ''}".split("\n")
    return "\n".join(map(printable, lines))


def _rule(code: str) -> dict[str, Any]:
    told = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": told.meaning},
        "help": {"text": told.mend},
        "helpUri": code_page(code),
    }


def _result(problem: Problem, base: str, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": problem.severity,
        "message": {"text": _message(problem)},
    }
    if problem.file is not None and problem.file != "-":
        physical: dict[str, Any] = {"artifactLocation": _artifact(problem.file, base)}
        if problem.line is not None:
            physical["region"] = {"startLine": problem.line, "startColumn": problem.column}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _artifact(file: str, base: str) -> dict[str, str]:
    near = os.path.relpath(file, base)
    if near.startswith(".."):
        return {"uri": f"file://{quote(file)}"}
    return {"uri": quote(near), "uriBaseId": "BASE"}
