"""Value types that hold others: each wrong part is told, with its place in them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.containers import Environment, Many, Parameters
from udaemon.manifest.problems import Path, Wrong
from udaemon.manifest.values import Number, Text, ValueType

NUMBERS = Many(Number(0, 9, whole=True), "numbers")
PATHS = Many(Text("path", empty=False, code="bad-path"), "paths", single=True)


def told(of: ValueType, value: object) -> list[tuple[str, Path]]:
    """What is wrong, by its code and its place."""
    with pytest.raises((Wrong, ExceptionGroup)) as caught:
        of.parse(value)
    if isinstance(caught.value, Wrong):
        return [(caught.value.code, caught.value.path)]
    assert isinstance(caught.value, ExceptionGroup)
    return [(one.code, one.path) for one in caught.value.exceptions if isinstance(one, Wrong)]


def test_a_list_is_read_part_by_part() -> None:
    assert NUMBERS.parse([1, 2]) == (1, 2)
    assert NUMBERS.parse([]) == ()
    assert told(NUMBERS, [1, "x", 12]) == [("wrong-type", (1,)), ("out-of-range", (2,))]
    assert told(NUMBERS, 5) == [("wrong-type", ())]


def test_one_may_stand_without_brackets_where_that_is_said() -> None:
    assert PATHS.parse("a") == PATHS.parse(["a"]) == ("a",)
    assert told(PATHS, {}) == [("wrong-type", ())]
    assert told(PATHS, "") == [("bad-path", ())]
    assert (NUMBERS.words, PATHS.words) == ("list of numbers", "path or list of paths")


@given(st.lists(st.integers(0, 9)))
def test_a_list_is_written_so_that_it_is_read_again(numbers: list[int]) -> None:
    assert NUMBERS.parse(NUMBERS.dump(NUMBERS.parse(numbers))) == tuple(numbers)


def test_variables_have_names_without_an_equals_sign_and_texts() -> None:
    of = Environment()
    assert of.parse({"A": "1", "b.c": ""}) == {"A": "1", "b.c": ""}
    assert told(of, {"": "1", "A=B": "2", "C": 3, "D": None}) == [
        ("bad-variable", ("",)),
        ("bad-variable", ("A=B",)),
        ("wrong-type", ("C",)),
        ("no-value", ("D",)),
    ]
    assert told(of, ["A=1"]) == [("wrong-type", ())]


def test_what_a_variable_holds_is_in_no_message() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Environment().parse({"PASSWORD": 4711})
    assert "4711" not in "".join(str(one) for one in caught.value.exceptions)


def test_parameters_are_what_every_format_can_write() -> None:
    of = Parameters()
    value = {"a": [1, 2.5, True, {"b": "x"}], "ä_1": {}}
    assert of.parse(value) == value
    deep: object = "x"
    for _ in range(40):
        deep = [deep]
    assert told(of, {"no name": 1, "a": 2**63, "b": [math.inf], "c": {"d": None}, "e": deep}) == [
        ("bad-parameter", ("no name",)),
        ("out-of-range", ("a",)),
        ("out-of-range", ("b", 0)),
        ("no-value", ("c", "d")),
        ("too-deep", ("e", *[0] * 32)),
    ]
    assert told(of, "x") == [("wrong-type", ())]
