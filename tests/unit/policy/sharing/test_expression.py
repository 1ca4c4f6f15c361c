"""Whether an expression makes a value and does nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from udaemon.policy.sharing.bindings import Origin, bindings_of
from udaemon.policy.sharing.expression import Impure, check, check_type, put
from udaemon.policy.sharing.scope import Scope

MODULE = """
import json, os, re, subprocess, third
from collections import defaultdict
from .near import thing
HERE = __file__
def own(): ...
"""


def scope(text: str = "") -> Scope:
    """What the module binds, and this expression in it."""
    return Scope(bindings_of(ast.parse(MODULE + text).body))


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def refused(look: Callable[[], None]) -> str | None:
    try:
        look()
    except Impure as found:
        return found.text
    return None


def refusal(text: str) -> str | None:
    return refused(lambda: check(expression(text), scope(text), active=False))


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "[1, {2: 'a'}, {3, 4}, (5,)]",
        "lambda x=1: subprocess.run(x)",
        "re.compile('x', re.I)",
        "'a b'.split()",
        "'a' if 1 < 2 else 'b'",
        "{n: len(n) for n in ('a', 'b') if n}",
        "f'{1:>3}' + 'x' * 2",
        "os.environ['A']",
        "os.environ.get('A', '0')",
        "os.getenv('A')",
        "'A' in os.environ",
        "defaultdict(list)",
        "defaultdict(lambda: 0)",
        "json.loads('{}', strict=False)",
        "sorted([2, 1], reverse=True)",
        "os.path.join(__file__, 'x')",
        "third.thing",
        "thing",
    ],
)
def test_what_only_makes_a_value(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("open('x')", "calls open()"),
        ("subprocess.run(['x'])", "calls subprocess.run()"),
        ("third.thing()", "calls third.thing()"),
        ("own()", "calls own(), which is its own"),
        ("nowhere", "uses nowhere, which is not defined in it"),
        ("os.environ['UDAEMON_NAME']", "reads UDAEMON_NAME, which differs from daemon to daemon"),
        ("os.environ['A' + 'B']", "reads a variable of the environment whose name is not plain"),
        ("dict(os.environ)", "reads the environment as a whole, which holds the daemon's name"),
        ("sorted([1], key=own)", "calls sorted() with what it calls in turn"),
        ("type('A', (), {})", "calls type() with what it calls in turn"),
        ("json.loads('{}', object_hook=own)", "calls json.loads() with what it calls in turn"),
        ("defaultdict(own)", "makes a defaultdict that calls own"),
        ("[open(x) for x in 'ab']", "calls open()"),
        ("lambda x=open('y'): x", "calls open()"),
        ("f'{open(1)}'", "calls open()"),
        ("(yield)", "has a yield expression at its top level"),
        ("[x async for x in y]", "has an asynchronous comprehension at its top level"),
    ],
)
def test_what_does_more_is_told(text: str, why: str) -> None:
    assert refusal(text) == why


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("third.a.b", [Origin(0, "third", "a.b")]),
        ("[thing]", []),
        ("thing + 1", [Origin(1, "near", "thing")]),
        ("{thing: 1}", [Origin(1, "near", "thing")]),
        ("re.I + 1", []),
    ],
)
def test_what_is_worked_with_and_comes_from_elsewhere_becomes_a_condition(text: str, origins: list[Origin]) -> None:
    where = scope()
    check(expression(text), where, active=False)
    assert [condition[0] for condition in where.conditions] == origins


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("list[int] | None", None),
        ("third.A[nowhere.B, 'C', ...]", None),
        ("[int, *Rest]", None),
        ("Annotated[int, open('x')]", "calls open()"),
    ],
)
def test_an_annotation_may_name_anything_and_call_nothing(text: str, why: str | None) -> None:
    assert refused(lambda: check_type(expression(text), scope())) == why


def test_a_long_expression_is_shown_by_its_beginning() -> None:
    assert put(expression("'" + "x" * 80 + "'")) == "'" + "x" * 56 + "..."
    assert put(expression("a.b")) == "a.b"
