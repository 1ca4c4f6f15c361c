"""The order that `depends-on` gives: levels, who needs whom, and each cycle at one of its keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.dependencies import Dependency
from udaemon.manifest.model import Daemon
from udaemon.manifest.order import check_order, dependents, levels, with_all_needs
from udaemon.manifest.structure import structure

NAMES = list("abcdef")


def fleet(**needs: str) -> dict[str, Daemon]:
    return {name: Daemon(name=name, depends_on=tuple(map(Dependency, of))) for name, of in needs.items()}


def found(daemons: dict[str, Any]) -> list[tuple[str, str, tuple[object, ...]]]:
    top = {"daemons": {name: {"command": "x", **keys} for name, keys in daemons.items()}}
    root, wrong = structure(top)
    assert wrong == []
    return [(one.code, one.message, one.path[2:]) for one in check_order(root, top)]


def test_each_level_needs_only_what_is_before_it_in_the_manifests_order() -> None:
    assert levels(fleet(a="b", b="", c="", d="ac", e="z")) == [["b", "c", "e"], ["a"], ["d"]]
    assert levels(fleet(a="b", b="a", c="")) == [["a", "b", "c"]], "a cycle is one level"


@given(st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=6))
def test_no_daemon_comes_before_what_it_needs(needs: list[list[int]]) -> None:
    daemons = {
        NAMES[at]: Daemon(name=NAMES[at], depends_on=tuple(Dependency(NAMES[one]) for one in set(those) if one < at))
        for at, those in enumerate(needs)
    }
    place = {name: at for at, level in enumerate(levels(daemons)) for name in level}
    assert place.keys() == daemons.keys()
    for name, daemon in daemons.items():
        assert all(place[need.name] < place[name] for need in daemon.depends_on)


def test_who_needs_whom_directly_and_however_far_away() -> None:
    daemons = fleet(a="b", b="c", c="", d="c")
    assert dependents(daemons) == {"b": ("a",), "c": ("b", "d")}
    assert with_all_needs(daemons, ["a", "nobody"]) == {"a", "b", "c"}
    assert with_all_needs(fleet(a="b", b="a"), ["a"]) == {"a", "b"}


def test_each_cycle_is_told_once_with_its_line() -> None:
    told = found({"a": {"depends-on": "b"}, "b": {"depends-on": ["c", "b"]}, "c": {"depends-on": {"a": "ready"}}})
    assert told == [
        ("depends-cycle", "needs itself", ("depends-on", 1)),
        ("depends-cycle", "needs itself: a → b → c → a", ("depends-on",)),
    ] or sorted(message for _, message, _ in told) == ["needs itself", "needs itself: a → b → c → a"]


@pytest.mark.parametrize(
    ("daemons", "code", "path"),
    [
        ({"a": {"depends-on": ["bb"]}, "b": {}}, "unknown-daemon", ("depends-on", 0)),
        ({"a": {"depends-on": {"b": "completed"}}, "b": {"restart": "always"}}, "contradiction", ("depends-on", "b")),
        ({"a": {"depends-on": {"b": "first-run-ok"}}, "b": {}}, "contradiction", ("depends-on", "b")),
    ],
)
def test_what_can_never_hold_is_told_where_it_is_written(
    daemons: dict[str, Any], code: str, path: tuple[object, ...]
) -> None:
    [(told, _, where)] = found(daemons)
    assert (told, where) == (code, path)
