"""One file, parsed: what is refused before any key is looked at, and what nobody after this has to think of."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from tests.unit.manifest.write import told

from udaemon.manifest.document import MOST, Document, parse, too_big, weight


def codes(document: Document) -> list[str]:
    return [finding.code for finding in document.findings]


@pytest.mark.parametrize(
    ("text", "toml"), [('a = "x"\nb = ["y"]\n', True), ("a: x\nb: [y]\n", False), ('a: "x"\nb:\n- y\n', False)]
)
def test_both_languages_say_the_same_and_know_where_it_stands(text: str, *, toml: bool) -> None:
    document = parse("f", text, toml=toml)
    assert (document.data, document.findings) == ({"a": "x", "b": ["y"]}, ())
    assert document.places["a",][0] == (1, 1)
    line, _column = document.places["b", 0][1]
    assert line in {2, 3}


@pytest.mark.parametrize("toml", [True, False])
def test_a_mark_of_windows_is_no_part_of_the_text(*, toml: bool) -> None:
    text = '\ufeffa = "x"\r\n' if toml else "\ufeffa: x\r\n"
    assert parse("f", text, toml=toml).data == {"a": "x"}


def test_a_nul_byte_is_told_with_its_place_and_nothing_is_parsed() -> None:
    document = parse("f", 'a = 1\nb = "\0"', toml=True)
    assert document.data == {}
    assert [(one.code, one.place, one.file) for one in document.findings] == [("encoding", (2, 6), "f")]


@pytest.mark.parametrize(
    ("text", "toml"),
    [('a = { b = ["x", "y\\u0000z"] }', True), ('a: { b: [x, "y\\0z"] }', False), ('a: { b: [x, "y\\x00z"] }', False)],
)
def test_a_nul_that_is_written_as_an_escape_is_told_and_goes_no_further(text: str, *, toml: bool) -> None:
    document = parse("f", text, toml=toml)
    assert [(one.code, one.path) for one in document.findings] == [("encoding", ("a", "b", 1))]
    assert document.data == {"a": {"b": ["x", "y\ufffdz"]}}


@pytest.mark.parametrize(
    "keys",
    [
        'env-file = "a\\u0000b"',
        'php = { entry = "a\\u0000b/x.php", id = "a" }',
        'php = { factory = "A::b", bootstrap = "a\\u0000b" }',
        'php = { entry = "/x", id = "a", library = "a\\u0000b" }',
        'task = "a\\u0000b:c"',
        'command = ["a\\u0000b"]',
        'command = ["a"]\ncwd = "a\\u0000b"',
        'command = ["a"]\nstdin = "a\\u0000b"',
        'command = ["a"]\nenv-file = ["a\\u0000b"]',
    ],
)
def test_a_file_whose_name_no_system_takes_is_a_problem_and_no_traceback(tmp_path: Path, keys: str) -> None:
    assert "encoding" in [problem.code for problem in told(tmp_path, f"[daemons.a]\n{keys}\n")]


def test_an_escape_that_is_no_nul_is_left_as_it_is() -> None:
    assert parse("f", r"a = '\0'", toml=True).data == {"a": r"\0"}


def test_a_file_is_refused_by_what_it_holds_before_it_is_parsed() -> None:
    text = "a = [" + "1," * MOST + "]"
    assert weight(text) > MOST
    assert codes(parse("f", text, toml=True)) == ["too-big"]
    small = "a = [1, 2, 3]"
    assert codes(parse("f", small, toml=True, room=weight(small) - 1)) == ["too-big"]
    assert codes(parse("f", small, toml=True, room=weight(small))) == []


def test_files_that_are_too_big_together_are_told_so() -> None:
    [alone] = too_big("f", "", alone=True).findings
    [together] = too_big("f", "", alone=False).findings
    assert together.message == f"{alone.message} with the files before it"


def test_what_a_file_says_is_known_also_after_its_variables_were_replaced() -> None:
    document = parse("f", "a: $X", toml=False)
    replaced = evolve(document, data={"a": "1"}, raw=document.data)
    assert (document.written, replaced.written) == ({"a": "$X"}, {"a": "$X"})
