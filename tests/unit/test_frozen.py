"""Frozen values behave as those that attrs itself makes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from udaemon.frozen import frozen


def shape() -> type:
    class Shape:
        name: str
        size: float = 1.0
        secret: str = attrs.field(default="", repr=False)
        note: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=lambda note: f"<{len(note)}>")

    return Shape


def empty() -> type:
    class Empty:
        pass

    return Empty


def says() -> type:
    class Says:
        name: str

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

        def __repr__(self) -> str:
            return "says so itself"

    return Says


def made(cls: Callable[[], type], **options: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The same class by attrs and by us."""
    return attrs.frozen(cls(), **options), frozen(cls(), **options)


@pytest.mark.parametrize("options", [{}, {"kw_only": True}, {"slots": False}, {"eq": False}], ids=str)
def test_what_differs_what_is_equal_and_how_it_is_shown_is_as_attrs_has_it(options: dict[str, Any]) -> None:
    told = []
    for make in made(shape, **options):
        values = [
            make(name="a"),
            make(name="a", size=1),
            make(name="a", size=2.0),
            make(name="b"),
            make(name="a", secret="s"),
            make(name="a", note={"x": 1}),
        ]
        equal = [(one == other, one != other) for one in values for other in values]
        one_hash = [hash(one) == hash(other) for one in values for other in values]
        told.append((equal, one_hash, [repr(value) for value in values]))
    assert told[0] == told[1]
    assert told[1][2][-1] == "Shape(name='a', size=1.0, note=<1>)"


@pytest.mark.parametrize(("cls", "arguments"), [(empty, [[], []]), (says, [["a"], ["b"]])])
def test_what_has_no_attributes_or_methods_of_its_own_is_as_attrs_has_it(
    cls: Callable[[], type], arguments: list[list[str]]
) -> None:
    theirs, ours = ([make(*each) for each in arguments] for make in made(cls))
    assert ours[0] == ours[1]
    assert hash(ours[0]) == hash(ours[1])
    assert repr(ours[0]) == repr(theirs[0])


def test_values_of_two_classes_are_never_equal() -> None:
    (_, one), (_, other) = made(shape), made(shape)
    assert one("a") != other("a")
    assert one("a") != "a"


def test_nothing_of_it_can_be_changed() -> None:
    value = made(shape)[1]("a")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        value.name = "b"
    assert not hasattr(value, "__dict__")


@frozen(kw_only=True)
class Kept:
    """A class that a pickle finds by its name."""

    name: str


def test_it_comes_back_out_of_a_pickle_and_is_evolved() -> None:
    value = Kept(name="a")
    assert pickle.loads(pickle.dumps(value)) == value
    assert attrs.evolve(value, name="b") == Kept(name="b") != value
    assert {value: 1}[Kept(name="a")] == 1
