"""What names lead to, and the cycles among them: each is found once, and begins with what was declared first."""

from __future__ import annotations

import pytest

from udaemon.manifest.cycles import cycles, put, reached


def found(**edges: str) -> list[str]:
    return ["".join(line) for line in cycles({name: dict.fromkeys(to) for name, to in edges.items()})]


@pytest.mark.parametrize(
    ("edges", "lines"),
    [
        ({"a": "b", "b": "c", "c": ""}, []),
        ({"a": "a"}, ["aa"]),
        ({"c": "a", "a": "c"}, ["cac"]),
        ({"a": "b", "b": "c", "c": "a"}, ["abca"]),
        ({"a": "x"}, []),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["aba", "cdc"]),
    ],
)
def test_each_is_told_from_its_first_name_on(edges: dict[str, str], lines: list[str]) -> None:
    assert found(**edges) == lines


def test_two_that_share_a_name_are_both_found() -> None:
    assert sorted(found(a="bc", b="a", c="a")) == ["aba", "aca"]


def test_a_cycle_of_one_needs_no_line() -> None:
    assert [put(list("aa"), "needs"), put(list("aba"), "needs")] == ["needs itself", "needs itself: a → b → a"]


@pytest.mark.parametrize(("names", "all_of_them"), [("", ""), ("c", "c"), ("b", "bc"), ("ae", "abcef"), ("g", "gh")])
def test_what_is_reached_is_the_names_and_all_they_lead_to(names: str, all_of_them: str) -> None:
    edges = {"a": "bc", "b": "c", "e": "f", "g": "h", "h": "g"}
    assert reached(names, lambda name: edges.get(name, "")) == set(all_of_them)
