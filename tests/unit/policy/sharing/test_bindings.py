"""Which names some statements bind, and to what."""

from __future__ import annotations

import ast

import pytest

from udaemon.policy.sharing.bindings import Origin, bindings_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1", "x"),
        ("x: int = 1", "x"),
        ("x: int", ""),
        ("x += 1", ""),
        ("x, (y, *z) = a", "x y z"),
        ("x = y = 1", "x y"),
        ("a.b = a[0] = 1", ""),
        ("def f(p): inner = 1", "f"),
        ("async def f(): ...", "f"),
        ("class A:\n    inner = 1", "A"),
        ("f = lambda p: (q := p)", "f"),
        ("@(d := print)\ndef f(): ...", "d f"),
        ("for x, y in z: w = 1", "w x y"),
        ("with open('x') as f, g() as (h, i): ...", "f h i"),
        ("try: ...\nexcept E as e: ...", "e"),
        ("[x for x in y if (z := x)]", "x z"),
        ("if (n := 1): m = 2", "m n"),
        ("match v:\n    case [a, *b]: ...\n    case {'k': c, **d}: ...\n    case E(f) as g: ...", "a b c d f g"),
        ("import a.b, c as d\nfrom e import f as g, h", "a d g h"),
    ],
)
def test_every_way_to_bind_a_name_is_seen_and_no_inner_one(text: str, names: str) -> None:
    assert sorted(bindings_of(ast.parse(text).body)) == names.split()


@pytest.mark.parametrize(
    ("text", "name", "origin"),
    [
        ("import a.b", "a", Origin(0, "a", "")),
        ("import a.b as c", "c", Origin(0, "a.b", "")),
        ("from a import b", "b", Origin(0, "a", "b")),
        ("from ..a import b as c", "c", Origin(2, "a", "b")),
        ("from . import b", "b", Origin(1, "", "b")),
    ],
)
def test_what_is_imported_knows_where_it_comes_from(text: str, name: str, origin: Origin) -> None:
    ((found,),) = bindings_of(ast.parse(text).body).values()
    assert (found.origin, found.node, found.value) == (origin, None, None)
    assert [*bindings_of(ast.parse(text).body)] == [name]


def test_a_name_that_is_bound_twice_has_two_meanings() -> None:
    first, second = bindings_of(ast.parse("def f(): ...\nf = 1").body)["f"]
    assert isinstance(first.node, ast.FunctionDef)
    assert isinstance(second.value, ast.Constant)


@pytest.mark.parametrize(
    ("origin", "path"), [(Origin(0, "a.b", "c"), "a.b.c"), (Origin(0, "a", ""), "a"), (Origin(2, "a", "b"), "..a.b")]
)
def test_an_origin_has_a_dotted_name(origin: Origin, path: str) -> None:
    assert origin.path == path
