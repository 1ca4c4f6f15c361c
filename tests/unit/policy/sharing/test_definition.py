"""Whether the making of a function or a class runs anything."""

from __future__ import annotations

import ast
import re
from contextlib import nullcontext

import pytest

from udaemon.policy.sharing.bindings import Origin, bindings_of
from udaemon.policy.sharing.definition import check_base, check_decorator, check_metaclass, is_enum_base
from udaemon.policy.sharing.expression import Impure
from udaemon.policy.sharing.scope import Scope

MODULE = """
import enum, functools, third
from abc import ABCMeta
from collections import namedtuple
from dataclasses import dataclass
from typing import Generic
class Plain: ...
class Color(enum.Enum): ...
class Odd: ...
class Twice: ...
Twice = 1
def own(f): return f
"""


def scope() -> Scope:
    found = Scope(bindings_of(ast.parse(MODULE).body))
    found.define("Plain", plain=True, is_enum=False)
    found.define("Color", plain=True, is_enum=True)
    found.define("Odd", plain=False, is_enum=False)
    found.define("Twice", plain=True, is_enum=False)
    return found


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("property", None),
        ("dataclass(frozen=True)", None),
        ("functools.lru_cache", None),
        ("functools.lru_cache(maxsize=open('x'))", "calls open()"),
        ("own", "is decorated by own"),
        ("third.registered", "is decorated by third.registered"),
        ("x.setter", "is decorated by x.setter"),
    ],
)
def test_a_decorator_wraps_or_is_told(text: str, why: str | None) -> None:
    with nullcontext() if why is None else pytest.raises(Impure, match=re.escape(why)):
        check_decorator(expression(text), scope())


def test_the_setter_of_a_property_is_known_in_its_class_alone() -> None:
    inner = scope().within(bindings_of(ast.parse("@property\ndef x(self): ...").body))
    check_decorator(expression("x.setter"), inner)
    with pytest.raises(Impure, match=r"is decorated by y\.setter"):
        check_decorator(expression("y.setter"), inner)


def test_a_metaclass_is_known_or_told() -> None:
    check_metaclass(expression("ABCMeta"), scope())
    check_metaclass(expression("type"), scope())
    with pytest.raises(Impure, match=r"has the metaclass third\.Meta"):
        check_metaclass(expression("third.Meta"), scope())


@pytest.mark.parametrize(
    ("text", "enum"),
    [
        ("object", False),
        ("ValueError", False),
        ("Plain", False),
        ("Color", True),
        ("enum.IntEnum", True),
        ("Generic[T, 'X']", False),
        ("namedtuple('P', 'x y')", False),
    ],
)
def test_a_base_that_runs_nothing_is_an_enum_or_not(text: str, *, enum: bool) -> None:
    where = scope()
    assert check_base(expression(text), where, "A") is enum
    assert where.conditions == []


@pytest.mark.parametrize("text", ["Odd", "Twice", "own(1)", "nowhere", "len", "Generic[open('x')]"])
def test_a_base_that_may_run_something_is_told(text: str) -> None:
    with pytest.raises(Impure):
        check_base(expression(text), scope(), "A")


def test_a_base_from_elsewhere_must_be_a_plain_class() -> None:
    where = scope()
    assert check_base(expression("third.part.Base"), where, "A") is False
    assert where.conditions == [(Origin(0, "third.part", "Base"), True, 1, "derives A from third.part.Base")]


def test_an_enum_may_be_mixed_with_types_of_python_s_own() -> None:
    names = ("Color", "Plain", "str", "enum.Flag", "third.A")
    assert [is_enum_base(expression(name), scope()) for name in names] == [True, False, True, True, False]
