"""What editors use says the same as the loader: tombi for TOML, ajv and check-jsonschema for the schema.

Each is asked where it is installed (`tombi` and `check-jsonschema` from PyPI, `ajv` from npm's ajv-cli).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from udaemon.errors import Problem
from udaemon.manifest.codes import CODES
from udaemon.manifest.read import examine
from udaemon.manifest.sarif import as_sarif
from udaemon.manifest.schema import as_text

GOLDEN = Path(__file__).parents[1] / "golden" / "check"
BEYOND_JSON = ("date-", "infinity-", "huge-", "duration-not-finite", "toml-", "nul", "not-utf-8")
THREE = """\
#:schema ./schema.json

[daemons.mailer]
factory = "jobs.mail:create"
slep = "30s"
restart = "allways"
log = { max-size = "10 MB" }
"""


def tool(name: str) -> str:
    """The path of a program, or a skipped test."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}:{Path.home()}/.local/bin") or shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def fixtures() -> dict[str, Any]:
    """Every parseable wrong manifest as plain tables, by the name of its case."""
    found = {}
    for file in sorted(GOLDEN.glob("*/udaemon.toml")):
        document = examine([str(file)], environ={"HOME": "/h", "PORT": "1"}, cwd=str(file.parent)).documents[-1]
        if document.data and not file.parent.name.startswith(BEYOND_JSON):
            found[file.parent.name] = document.written
    return found


def refused_by_the_schema(data: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    return not jsonschema.Draft7Validator(json.loads(as_text())).is_valid(data)


def test_tombi_tells_the_same_three_mistakes_at_the_same_places(tmp_path: Path) -> None:
    tombi = tool("tombi")
    (tmp_path / "schema.json").write_text(as_text())
    (tmp_path / "udaemon.toml").write_text(THREE)
    command = [tombi, "lint", "--offline", "udaemon.toml"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    places = set(re.findall(r"udaemon\.toml:(\d+):(\d+)", shown.stdout + shown.stderr))
    ours = examine(["udaemon.toml"], environ={}, cwd=str(tmp_path)).problems
    assert places == {(str(problem.line), str(problem.column)) for problem in ours}


def test_ajv_takes_and_refuses_what_the_schema_says(tmp_path: Path) -> None:
    ajv = tool("ajv")
    (tmp_path / "schema.json").write_text(as_text())
    (tmp_path / "cases").mkdir()
    for name, data in fixtures().items():
        (tmp_path / "cases" / f"{name}.json").write_text(json.dumps(data))
    command = [ajv, "validate", "-s", "schema.json", "-d", "cases/*.json", "--strict=false", "--errors=no"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    refused = set(re.findall(r"(?m)^cases/(\S+)\.json invalid", shown.stderr + shown.stdout))
    assert refused == {name for name, data in fixtures().items() if refused_by_the_schema(data)}


def test_check_jsonschema_takes_and_refuses_what_the_schema_says(tmp_path: Path) -> None:
    program = tool("check-jsonschema")
    (tmp_path / "schema.json").write_text(as_text())
    names = []
    for name, data in fixtures().items():
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
        names.append(f"{name}.json")
    command = [program, "--schemafile", "schema.json", "--output-format", "json", *names]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    refused = {Path(error["filename"]).stem for error in json.loads(shown.stdout)["errors"]}
    assert refused == {name for name, data in fixtures().items() if refused_by_the_schema(data)}


def test_sarif_is_what_its_schema_says(tmp_path: Path) -> None:
    """The schema comes with npm's @microsoft/jest-sarif, installed where ajv is."""
    jsonschema = pytest.importorskip("jsonschema")
    modules = [Path(tool("ajv")).parents[1], Path(tool("ajv")).resolve().parents[2]]  # by its link, and by its file
    found = [path for root in modules for path in root.glob("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0*.json")]
    if not found:
        pytest.skip("the schema of SARIF is not installed")
    problems = [Problem(code, "x", "y", "daemons.a", str(tmp_path / "udaemon.toml"), 1, 2) for code in CODES]
    validator = jsonschema.Draft7Validator(json.loads(found[0].read_text()))
    bare = Problem("unreadable", "x", severity="warning")
    assert list(validator.iter_errors(json.loads(as_sarif([*problems, bare], str(tmp_path))))) == []
