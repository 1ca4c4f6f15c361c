"""Files with the answer PHP 8.2 gave: the corpus, and what differential fuzzing against PHP brought up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from udaemon.migrate.ustream import read

DATA = Path(__file__).parents[3] / "data"
CASES = sorted(
    path for folder in ("ini-corpus", "ini-extra") for path in (DATA / folder).glob("*.json") if path.name[0] != "_"
)
VERSIONS = json.loads((DATA / "ini-corpus" / "_versions.json").read_text("utf-8"))
OLD = sorted(name for name, answers in VERSIONS.items() if "5.6.40" in answers)


def in_order(value: Any) -> Any:
    return [(key, in_order(item)) for key, item in value.items()] if isinstance(value, dict) else value


def mapped(case: dict[str, Any], name: str) -> dict[str, str]:
    return {key: value for key, value in case[name].items() if value is not None}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_file_gives_what_php_gives(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    result = read(
        path.with_suffix(".ini").read_bytes(),
        constants=mapped(case, "constants"),
        environ=mapped(case, "variables"),
    )
    assert (result.ok, in_order(result.values), result.encoding) == (
        case["ok"],
        in_order(case["result"]),
        case["encoding"],
    )
    if not case["ok"]:
        assert f"{result.reason} in {{file}} on line {result.line}" == case["warnings"][0]["message"]


@pytest.mark.parametrize("name", OLD)
def test_php_5_takes_hash_comments(name: str) -> None:
    case = VERSIONS[name]["5.6.40"]
    expected = case
    if case.get("same result"):
        expected = json.loads((DATA / "ini-corpus" / name).with_suffix(".json").read_text("utf-8"))
    result = read((DATA / "ini-corpus" / name).read_bytes(), php="5")
    assert in_order(result.values) == in_order(expected["result"])
    assert re.search("^[ \t]*#", (DATA / "ini-corpus" / name).read_text("utf-8"), re.MULTILINE)


def test_php_5_fills_a_variable_behind_a_backslash() -> None:
    assert read(b'a="\\${X}"\n', environ={"X": "1"}, php="5").values == {"a": "\\1"}


def test_auto_takes_php_5_where_only_that_reads_the_file_and_says_so() -> None:
    data = b"# a | b\nsleep=1\n"
    assert read(data).ok is False
    assert "php-5-reads-it" in [note.code for note in read(data).notes]
    result = read(data, php="auto")
    assert (result.ok, result.php, result.values) == (True, "5", {"sleep": "1"})
    assert result.notes[0].code == "php-5"
    assert result.notes[0].line == 1


def test_auto_keeps_to_php_8_where_both_read_the_file() -> None:
    assert read(b"#a=1\n", php="auto").values == {"#a": "1"}


def test_deep_nesting_ends_as_it_does_in_php() -> None:
    result = read(b"a=" + b"(" * 20_000 + b"1" + b")" * 20_000)
    assert (result.ok, result.reason) == (False, "memory exhausted")
    assert read(b"a=" + b"(" * 9_000 + b"1" + b")" * 9_000).values == {"a": "1"}
