"""Words for diagnostics: short, printable, and as they could stand in the file."""

from __future__ import annotations

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.wording import either, near, shown, type_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ('"', r'"\""'),
        ("ä\n", r'"ä\n"'),
        ("\x1b[31m\u202e", r'"\u001b[31m\u202e"'),
        (5, "5"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        (math.inf, "inf"),
        (10**100, "the number"),
        ([1, "a"], '[1, "a"]'),
    ],
)
def test_a_value_is_shown_as_it_could_be_written(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.text() | st.integers() | st.floats() | st.lists(st.text()))
def test_whatever_it_is_it_is_one_short_line(value: object) -> None:
    text = shown(value)
    assert len(text) <= 49
    assert text.isprintable() or text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "nothing"),
        (True, "true or false"),
        (5, "a whole number"),
        (5.0, "a number with a fraction"),
        ("", "a string"),
        ([], "a list"),
        ({}, "a table"),
        (datetime.date(2026, 1, 1), "a date or time"),
        (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "a date or time"),
        (b"", "a bytes"),
    ],
)
def test_the_kind_of_a_value_has_a_plain_name(value: object, name: str) -> None:
    assert type_name(value) == name


def test_words_are_joined_as_in_a_sentence() -> None:
    assert [either(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("instnces", "instances"), ("INSTANCES", "instances"), ("env_file", "env-file"), ("xyz", None), ("i" * 500, None)],
)
def test_a_slip_of_the_finger_is_seen(word: str, meant: str | None) -> None:
    assert near(word, ["instances", "env-file", "command"]) == meant
