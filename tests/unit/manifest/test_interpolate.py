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
        ("${A", "bad-reference", "a ${ that is no reference to a variable"),
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
