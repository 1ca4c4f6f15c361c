"""How problems are shown."""

from __future__ import annotations

import json

import pytest

from udaemon.errors import Problem
from udaemon.manifest.report import as_json, as_lines, as_text

PROBLEM = Problem("bad-name", '"A" is no name', "write a", "project", "/w/udaemon.toml", 2, 11)


def excerpt(source: str, column: int, path: str = "a") -> list[str]:
    """The line and the caret under it."""
    problem = Problem("code", "message", None, path, "f", 1, column)
    return as_text([problem], {"f": source}, "/").split("\n")[1:3]


def test_text_has_the_line_a_caret_the_hint_and_a_count() -> None:
    shown = as_text([PROBLEM], {"/w/udaemon.toml": '\nproject = "A"\n'}, "/w")
    assert shown == (
        'udaemon.toml:2:11: error[bad-name]: project: "A" is no name\n'
        '2 | project = "A"\n'
        "  |           ^^^\n"
        "  = hint: write a\n"
        "\n"
        "1 error\n"
    )


def test_colours_change_nothing_but_colours() -> None:
    import re

    sources = {"/w/udaemon.toml": '\nproject = "A"\n'}
    colored = as_text([PROBLEM], sources, "/w", color=True)
    assert "\033[1;31m" in colored
    assert re.sub(r"\033\[[0-9;]*m", "", colored) == as_text([PROBLEM], sources, "/w")


def test_concise_is_one_line() -> None:
    assert as_lines([PROBLEM], "/w") == 'udaemon.toml:2:11: error[bad-name]: project: "A" is no name (write a)\n'


def test_json_has_the_keys_of_the_contract() -> None:
    (told,) = json.loads(as_json([PROBLEM]))
    assert set(told) == {"code", "message", "hint", "path", "file", "line", "column", "severity"}


def test_a_file_outside_is_named_in_full() -> None:
    assert as_lines([PROBLEM], "/other").startswith("/w/udaemon.toml:2:11: ")


def test_the_caret_stands_under_wide_letters_and_tabs() -> None:
    assert excerpt('\tä = "日本"', 6) == ['1 |  ä = "日本"', "  |      ^^^^^^"]


def test_nothing_that_moves_a_cursor_is_shown() -> None:
    assert excerpt("a = '\x1b[2J\u202e'", 5) == ["1 | a = '\ufffd[2J\ufffd'", "  |     ^^^^^^^"]


def test_a_long_line_is_cut_round_the_place() -> None:
    line, caret = excerpt("x" * 500 + " = 5", 504)
    assert line.endswith(" = 5")
    assert len(line) < 120
    assert caret.index("^") == line.index("5")


@pytest.mark.parametrize(
    ("source", "path", "shown"),
    [
        ('env = { PW = "secret", B = 3 }', "daemons.a.env.B", 'env = { PW = "******", B = * }'),
        ("a = { env = { PW = 'secret' }, slep = 1 }", "daemons.a.slep", "a = { env = { PW = '******' }, slep = 1 }"),
        ("a = { env.PW = 'secret', slep = 1 }", "daemons.a.slep", "a = { env.PW = '******', slep = 1 }"),
        ("a: {env: {PW: secret, B: 'x'}, slep: 1}", "daemons.a.slep", "a: {env: {PW: ******, B: '*'}, slep: 1}"),
        ("env: {A: 'x', PW: secret, B: 3}", "daemons.a.env.B", "env: {A: '*', PW: ******, B: *}"),
        ("PW: secret words", "env.PW", "PW: ****** *****"),
        ("PW = 'se=cret: #1'", "env.PW", "PW = '******** **'"),
        ('env = ["PW=secret"]', "daemons.a.env", 'env = ["PW=******"]'),
        ("environment = 'x'", "daemons.a.environment", "environment = 'x'"),
    ],
)
def test_f60_what_a_variable_holds_is_not_shown(source: str, path: str, shown: str) -> None:
    assert excerpt(source, 1, path)[0] == f"1 | {shown}"
