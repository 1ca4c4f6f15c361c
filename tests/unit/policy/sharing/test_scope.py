"""What names stand for, and what an expression makes, as far as its form tells."""

from __future__ import annotations

import ast

import pytest

from udaemon.policy.sharing.bindings import bindings_of
from udaemon.policy.sharing.scope import Scope, is_standard

MODULE = """
import os, third.part as part
from pathlib import Path
from .near import thing
if a: from one import both
else: from two import both
BASE = Path(__file__)
NAME = "x"
LOOP = LOOP
OFF = False
def f(): ...
"""


def scope(text: str = MODULE) -> Scope:
    return Scope(bindings_of(ast.parse(text).body))


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("os.path.join", ["os.path.join"]),
        ("part.x", ["third.part.x"]),
        ("thing", [".near.thing"]),
        ("both.x", ["one.both.x", "two.both.x"]),
        ("len", ["builtins.len"]),
        ("NAME", [None]),
        ("unknown", [None]),
        ("f().x", [None]),
    ],
)
def test_a_name_is_followed_to_where_it_comes_from(text: str, paths: list[str | None]) -> None:
    assert sorted(scope().paths_of(expression(text)), key=str) == sorted(paths, key=str)


def test_one_name_is_meant_only_where_there_is_one() -> None:
    assert scope().path_of(expression("os.getcwd()")) == "os.getcwd()"
    assert scope().path_of(expression("both")) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'a'", "str"),
        ("f'{x}'", "str"),
        ("1.5", "number"),
        ("b'a'", "bytes"),
        ("[x for x in y]", "list"),
        ("{**a}", "dict"),
        ("{1}", "set"),
        ("(1,)", "tuple"),
        ("BASE / 'x'", "path"),
        ("BASE.parent.parents[1]", "path"),
        ("BASE.parent.name", "str"),
        ("'a' + b", "str"),
        ("[1] * 3", "list"),
        ("NAME.upper()", "str"),
        ("NAME.split()", "list"),
        ("BASE.as_posix()", "str"),
        ("BASE.with_name('x')", "path"),
        ("os.path.join('a', 'b')", "str"),
        ("sorted(x)", "list"),
        ("__file__", "str"),
        ("LOOP", None),
        ("both", None),
        ("os.getcwd()", None),
        ("x if y else z", None),
    ],
)
def test_the_form_of_an_expression_tells_what_it_makes(text: str, kind: str | None) -> None:
    assert scope().kind_of(expression(text)) == kind


@pytest.mark.parametrize(
    ("text", "main", "checking"),
    [
        ("__name__ == '__main__'", True, False),
        ("'__main__' == __name__", True, False),
        ("__name__ != '__main__'", False, False),
        ("False", False, True),
        ("1", False, False),
        ("OFF", False, True),
        ("NAME", False, False),
    ],
)
def test_what_never_holds_at_an_import_is_known(text: str, *, main: bool, checking: bool) -> None:
    assert (scope().is_main(expression(text)), scope().is_type_checking(expression(text))) == (main, checking)


def test_a_class_body_sees_its_own_names_and_those_of_the_module() -> None:
    outer = scope("x = 1\ny = 2")
    inner = outer.within(bindings_of(ast.parse("x = 'a'").body))
    assert (outer.is_class_body, inner.is_class_body) == (False, True)
    assert [len(inner.bindings(name)) for name in "xyz"] == [2, 1, 0]
    assert inner.conditions is outer.conditions


def test_only_a_plain_class_of_the_module_that_is_nothing_else_can_be_derived_from_elsewhere() -> None:
    found = scope("class A: ...\nclass B: ...\nclass C: ...\nC = 1")
    found.define("A", plain=True, is_enum=False)
    found.define("B", plain=True, is_enum=True)
    found.define("C", plain=True, is_enum=False)
    found.within({}).define("D", plain=True, is_enum=False)
    assert found.plain_classes == {"A"}
    assert found.classes == {"A": (True, False), "B": (True, True), "C": (True, False), "D": (True, False)}


def test_a_function_that_is_decorated_may_be_anything() -> None:
    found = scope("def f(): ...\n@d\ndef g(): ...\nh = 1\ndef i(): ...\ni = 2")
    assert [name for name in "fghi" if found.is_own_definition(name)] == ["f"]


def test_the_standard_library_is_told_by_its_first_name() -> None:
    assert [is_standard(path) for path in ("os.path", "_thread", "numpy.os", ".os")] == [True, True, False, False]
