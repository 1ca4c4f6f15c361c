"""Paths of keys as TOML writes them."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.problems import Path, dotted


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("daemons", "a-b", "env", "X$"), "daemons.a-b.env.X$"),
        (("a", 0, "b", 1, 2), "a[0].b[1][2]"),
        (("a.b", 'c"d', ""), r'"a.b"."c\"d".""'),
    ],
)
def test_a_path_is_written_as_dotted_keys(path: Path, text: str) -> None:
    assert dotted(path) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=4))
def test_toml_reads_it_as_the_same_path(path: list[str]) -> None:
    written = dotted(tuple(path))
    if "$" not in written:
        read: object = tomllib.loads(f"{written} = 1")
        for part in path:
            assert isinstance(read, dict)
            [(name, read)] = read.items()
            assert name == part
