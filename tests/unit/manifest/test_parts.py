"""Parts of a value: each is read, and all that is wrong is told at once, at its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from udaemon.manifest.parts import each, table
from udaemon.manifest.problems import Path, Wrong


def even(value: object) -> int:
    if not isinstance(value, int):
        raise Wrong("wrong-type", "is no number", path=("inner",))
    if value % 2:
        raise ExceptionGroup(
            "two", [Wrong("odd", "is odd"), ExceptionGroup("one", [Wrong("bad", "is bad", path=(3,))])]
        )
    return value


def short(name: str) -> str:
    if len(name) > 1:
        raise Wrong("bad-name", "is long")
    return name


def wrongs(read: Callable[[], object]) -> list[tuple[str, Path, bool]]:
    with pytest.raises(ExceptionGroup) as caught:
        read()
    found = [one for one in caught.value.exceptions if isinstance(one, Wrong)]
    assert len(found) == len(caught.value.exceptions), "they are in no group of a group"
    return [(one.code, one.path, one.at_key) for one in found]


def test_what_is_right_is_read_by_its_place() -> None:
    assert each(enumerate([2, 4]), even) == {0: 2, 1: 4}
    assert each({"a": 2}.items(), even, name=short) == {"a": 2}
    assert table({"b": 2}, {"a": even, "b": even}, "") == {"b": 2}


def test_all_that_is_wrong_with_a_list_is_told_with_its_number_before_it() -> None:
    assert wrongs(lambda: each(enumerate([1, 2, "x"]), even)) == [
        ("odd", (0,), False),
        ("bad", (0, 3), False),
        ("wrong-type", (2, "inner"), False),
    ]


def test_what_is_wrong_with_a_name_is_told_at_the_key() -> None:
    assert wrongs(lambda: each({"long": "x", "a": "x"}.items(), even, name=short)) == [
        ("bad-name", ("long",), True),
        ("wrong-type", ("a", "inner"), False),
    ]


def test_a_table_is_told_in_its_own_order_and_what_it_lacks_last() -> None:
    lacks = Wrong("nothing", "has no a")
    told = wrongs(lambda: table({"b": "x", "c": 1}, {"a": even, "b": even}, "", missing=[lacks]))
    assert told == [("wrong-type", ("b", "inner"), False), ("unknown-key", ("c",), True), ("nothing", (), False)]


@pytest.mark.parametrize(
    ("key", "hint"), [("comand", "did you mean command?"), ("LimitNOFILE", "did you mean nofile?"), ("x", "write one")]
)
def test_an_unknown_key_has_what_is_near_or_what_there_is(key: str, hint: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        table(
            {key: 2},
            {"command": even, "nofile": even},
            "write one",
            meant=lambda name: name.lower().removeprefix("limit"),
        )
    (wrong,) = caught.value.exceptions
    assert isinstance(wrong, Wrong)
    assert wrong.hint == hint
