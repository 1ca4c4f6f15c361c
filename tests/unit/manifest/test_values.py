"""The types of keys: what each takes, what it says of all else, and that what it writes is read as the same."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from udaemon.manifest.problems import Wrong
from udaemon.manifest.values import LONGEST, Choice, Duration, Flag, Number, Size, Text, ValueType, wrong_type


class Word(StrEnum):
    ALWAYS = "always"
    NEVER = "never"


FLAG = Flag()
WORDS = Choice(Word, {"always": "Each time.", "never": "Not at all."})
NAME = Text("name", "^[a-z]+$", "bad-name", "write letters")
PLAIN = Text()
SOME = Text("path", code="bad-path", empty=False)
WHOLE = Number(0, 10, whole=True)
SHARE = Number(0, 1)
TIME = Duration(low=0.5)
FOREVER = Duration(unlimited=True)
BYTES = Size()

TAKEN: list[tuple[ValueType, object, object]] = [
    (PLAIN, "", ""),
    (PLAIN, "x", "x"),
    (NAME, "abc", "abc"),
    (FLAG, True, True),
    (WHOLE, 10, 10),
    (SHARE, 1, 1.0),
    (SHARE, 0.25, 0.25),
    (TIME, "1m30s", 90.0),
    (TIME, 0.5, 0.5),
    (FOREVER, -1, None),
    (FOREVER, "-1", None),
    (FOREVER, -0.0, 0.0),
    (BYTES, "64K", 65536),
    (BYTES, 5, 5),
    (BYTES, -1, None),
    (WORDS, "never", Word.NEVER),
]


@pytest.mark.parametrize(("of", "value", "read"), TAKEN)
def test_what_is_right_is_read_and_written_so_that_it_is_read_again(of: ValueType, value: object, read: object) -> None:
    got = of.parse(value)
    assert (got, type(got)) == (read, type(read))
    assert of.parse(of.dump(got)) == got
    Draft7Validator(_resolved(of.schema())).validate(value)


@pytest.mark.parametrize(
    ("of", "value", "code", "hint"),
    [
        (PLAIN, 5, "wrong-type", "put it in quotes"),
        (PLAIN, None, "no-value", "write one, or take the key out"),
        (PLAIN, [], "wrong-type", None),
        (NAME, "Abc", "bad-name", "write letters"),
        (NAME, "abc\n", "bad-name", "write letters"),
        (SOME, "", "bad-path", None),
        (FLAG, "yes", "wrong-type", "write true"),
        (FLAG, "OFF", "wrong-type", "write false"),
        (FLAG, 1, "wrong-type", None),
        (WHOLE, True, "wrong-type", None),
        (WHOLE, "7", "wrong-type", "write 7"),
        (WHOLE, 1.5, "wrong-type", None),
        (WHOLE, 11, "out-of-range", "write a whole number from 0 to 10"),
        (SHARE, math.nan, "out-of-range", "write a number from 0 to 1"),
        (TIME, "5 seconds", "bad-duration", 'write "5s"'),
        (
            TIME,
            "soon",
            "bad-duration",
            'write seconds as a number, or text such as "500ms", "30s", "1m30s", "1h", "2d"',
        ),
        (TIME, 0.1, "out-of-range", "write a duration from 0.5s to 3650d"),
        (TIME, -1, "out-of-range", "write a duration from 0.5s to 3650d"),
        (FOREVER, -2, "out-of-range", "write a duration from 0 to 3650d, or -1 for no limit"),
        (FOREVER, 10**400, "out-of-range", "write a duration from 0 to 3650d, or -1 for no limit"),
        (FOREVER, math.inf, "out-of-range", "write a duration from 0 to 3650d, or -1 for no limit"),
        (FOREVER, math.nan, "out-of-range", "write a duration from 0 to 3650d, or -1 for no limit"),
        (BYTES, "5 MB", "bad-size", 'write "5MB"'),
        (BYTES, 1.5, "wrong-type", None),
        (BYTES, True, "wrong-type", None),
        (BYTES, 2**63, "out-of-range", "write a size from 0 to 8388607T, or -1 for no limit"),
        (WORDS, "alway", "bad-choice", 'did you mean "always"?'),
        (WORDS, "xyz", "bad-choice", 'write "always" or "never"'),
        (WORDS, 5, "wrong-type", None),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(of: ValueType, value: Any, code: str, hint: str | None) -> None:
    with pytest.raises(Wrong) as wrong:
        of.parse(value)
    assert wrong.value.code == code
    if hint is not None or not isinstance(value, float | bool):
        assert wrong.value.hint == hint or hint is None


@given(st.floats(0, LONGEST))
def test_no_duration_is_changed_by_being_written(seconds: float) -> None:
    assert Duration().parse(Duration().dump(seconds)) == seconds


@given(st.integers(0, 2**63 - 1))
def test_no_size_is_changed_by_being_written(size: int) -> None:
    assert BYTES.parse(BYTES.dump(size)) == size


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80) | st.lists(st.text(), max_size=2))
def test_a_value_is_read_or_told_and_never_anything_else(value: object) -> None:
    told: list[str] = []
    for of in (PLAIN, NAME, FLAG, WHOLE, SHARE, TIME, FOREVER, BYTES, WORDS):
        try:
            of.parse(value)
        except Wrong as wrong:
            told.append(wrong.message)
    assert all(len(message) < 300 for message in told)


def test_what_is_of_another_kind_is_named_and_never_shown() -> None:
    told = wrong_type("a string", {"password": "secret"}, "write one", ("env", "A"))
    assert (told.message, told.hint, told.path) == ("must be a string, not a table", "write one", ("env", "A"))


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "definitions": {"reference": {"type": "string", "pattern": r"\$\{"}}}
