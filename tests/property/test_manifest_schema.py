"""The JSON Schema and the loader take and refuse the same, as far as a schema can say it."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.fakes.manifests import TREE, WORD, manifests

from udaemon.errors import Problem
from udaemon.manifest.dump import dump
from udaemon.manifest.read import examine
from udaemon.manifest.schema import json_schema

FOLDER = tempfile.TemporaryDirectory()
DIRECTORY = str(Path(FOLDER.name).resolve())
SCHEMA = jsonschema.Draft7Validator(json_schema())
GOLDEN = Path(__file__).parents[1] / "golden" / "check"
CASES = sorted(file for case in GOLDEN.iterdir() if case.is_dir() for file in case.glob("udaemon.*"))

BEYOND = {
    "bad-command",  # a quote that is not closed
    "bad-reference",
    "both-to-run",
    "context-in-name",
    "contradiction",
    "depends-cycle",
    "encoding",
    "env-file",
    "extends-cycle",
    "include-cycle",
    "memory-small",
    "missing-variable",
    "no-daemons",
    "no-directory",
    "no-pause",
    "not-expanded",
    "nothing-to-run",
    "same-log",
    "same-pid-file",
    "shell-syntax",
    "threshold-alone",
    "unknown-daemon",
    "unreadable",
    "variable-in-command",
}
"""What needs more than one value to be seen, or the world outside."""


def agree(data: Any, problems: Any) -> None:
    """What the schema refuses is wrong; what is wrong the schema refuses, but for what is beyond it."""
    expressible = [problem for problem in problems if problem.code not in BEYOND and not text_out_of_range(problem)]
    refused = [error.message for error in SCHEMA.iter_errors(data)]
    assert not refused or problems, refused
    assert not expressible or refused, expressible


def text_out_of_range(problem: Problem) -> bool:
    """A pattern cannot count: "4000d" looks like any duration."""
    return problem.code == "out-of-range" and problem.message.startswith('"')


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}-{file.suffix[1:]}")
def test_they_agree_on_every_wrong_manifest(file: Path) -> None:
    examined = examine([str(file)], environ={"HOME": "/h", "PORT": "8080"}, cwd=str(file.parent))
    document = examined.documents[-1]
    unparsed = any(finding.place is not None or not document.data for finding in document.findings)
    beyond_json = {"date-in-params", "infinity-in-params", "huge-integer-in-params", "duration-not-finite"}
    by_reference = {"variable-gives-a-wrong-value", "variable-is-not-shown"}
    layered = {"include-carries-the-mistake", "include-not-a-manifest"}
    if unparsed or file.parent.name in beyond_json | by_reference | layered:
        assert examined.manifest is None
    else:
        data = json.loads(json.dumps(document.written, default=str if "date" in file.parent.name else None))
        if "date" in file.parent.name:
            data["daemons"]["a"]["description"] = 1
        agree(data, examined.problems)


@settings(max_examples=60, phases=set(Phase) - {Phase.explain})
@given(manifests(DIRECTORY), st.data())
def test_they_agree_on_manifests_with_one_value_replaced(manifest: Any, data: Any) -> None:
    plain = dump(manifest)
    wrong = copy.deepcopy(plain)
    table = wrong
    while True:
        name = data.draw(st.sampled_from(sorted(table)) | WORD)
        below = table.get(name)
        if isinstance(below, dict) and below and name not in {"env", "params"} and data.draw(st.booleans()):
            table = below
            continue
        table[name] = data.draw(TREE)
        break
    file = Path(DIRECTORY, "udaemon.json")
    file.write_text(json.dumps(wrong, ensure_ascii=False))
    agree(wrong, examine([str(file)], environ={}, cwd=DIRECTORY).problems)
