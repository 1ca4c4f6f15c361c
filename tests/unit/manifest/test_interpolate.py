"""Variables in a manifest."""

from __future__ import annotations

import pytest

from udaemon.manifest.interpolate import interpolate, replace
from udaemon.manifest.problems import Wrong


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${A}", "1"),
        ("x${A}y${A}", "x1y1"),
        ("${EMPTY}", ""),
        ("${EMPTY:-d}", "d"),
        ("${NONE:-}", ""),
        ("${NONE:-a:-b}", "a:-b"),
        ("${A:?m}", "1"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$1"),
        ("$A $5 $", "$A $5 $"),
        ("${NONE:-${A}/data}", "1/data"),
        ("${NONE:-a${NONE:-b${A}}c}d", "ab1cd"),
        ("${A:-${NONE}}", "1"),
        ("${A:-${NONE:?m}}", "1"),
        ("${NONE:-{}}", "{}"),
        ('${NONE:-{"a": {"b": "${A}"}}}', '{"a": {"b": "1"}}'),
        ("${NONE:-$$}", "$"),
        ("${NONE:-$A}", "$A"),
        ("${A}}", "1}"),
        ("{${A}}", "{1}"),
        ("${A:?{}}", "1"),
    ],
)
def test_the_forms(text: str, result: str) -> None:
    assert replace(text, {"A": "1", "EMPTY": ""}) == result


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("${NONE}", "missing-variable", "the variable NONE is not set"),
        ("${NONE:?give it}", "missing-variable", "NONE: give it"),
        ("${NONE:?}", "missing-variable", "NONE: is not set"),
        ("${}", "bad-reference", "a ${ that is no reference to a variable"),
        ("${A", "bad-reference", "a ${ whose brace is not closed"),
        ("${NONE:-${A}", "bad-reference", "a ${ whose brace is not closed"),
        ("${NONE:-{}", "bad-reference", "a ${ whose brace is not closed"),
        ("${NONE:-${HOME/data}", "bad-reference", "a ${ whose brace is not closed"),
        ("${A:-${1}}", "bad-reference", "a ${ that is no reference to a variable"),
        ("${NONE:-${ALSO}}", "missing-variable", "the variable ALSO is not set"),
        ("${NONE:?set ${A}}", "missing-variable", "NONE: set ${A}"),
        ("${A:-" * 9 + "}" * 9, "bad-reference", "references are nested more than 8 deep"),
        ("${A:+x}", "bad-reference", "a ${ that is no reference to a variable"),
        ("${ A }", "bad-reference", "a ${ that is no reference to a variable"),
        ("${A-x}", "bad-reference", "a ${ that is no reference to a variable"),
        ("${1A}", "bad-reference", "a ${ that is no reference to a variable"),
    ],
)
def test_what_cannot_be_put_in(text: str, code: str, message: str) -> None:
    with pytest.raises(Wrong) as caught:
        replace(text, {"A": "1"})
    assert (caught.value.code, caught.value.message) == (code, message)


def test_every_string_value_is_looked_at_and_no_key() -> None:
    data = {"a": ["${A}", {"${A}": "${A}", "n": 1}], "x-mine": "${NONE}"}
    assert interpolate(data, {"A": "1"}) == ({"a": ["1", {"${A}": "1", "n": 1}], "x-mine": "${NONE}"}, [])


def test_all_that_is_missing_is_told() -> None:
    _, findings = interpolate({"a": "${X}", "b": {"c": ["${Y}"]}}, {})
    assert [finding.path for finding in findings] == [("a",), ("b", "c", 0)]


def test_the_form_of_compose_without_a_colon_gets_ours_as_a_hint() -> None:
    with pytest.raises(Wrong) as caught:
        replace("${A-x}", {})
    assert caught.value.hint == "write ${A:-x}, which is for an empty variable too"


def test_a_text_full_of_braces_is_read_in_a_moment() -> None:
    """Each `${` that is not closed ends the reading: the time does not grow with the square of the length."""
    with pytest.raises(Wrong):
        replace("${A:-" * 200_000, {})
    assert replace("${A:-{}}" * 50_000, {"A": "1"}) == "1" * 50_000
