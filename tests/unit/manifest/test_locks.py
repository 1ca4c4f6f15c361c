"""Checks of `lock` over all daemons: which can never be had."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.manifest.locks import check_locks
from udaemon.manifest.structure import structure

HOLDS = {"command": "x", "lock": "db"}
RUNS = {"task": "jobs:run", "lock": "db"}


def found(**daemons: dict[str, Any]) -> list[tuple[tuple[object, ...], str]]:
    root, wrong = structure({"daemons": daemons})
    assert wrong == []
    return [(one.path[1:], one.message) for one in check_locks(root)]


def needs(keys: dict[str, Any], **conditions: Any) -> dict[str, Any]:
    return {**keys, "depends-on": conditions}


@pytest.mark.parametrize(
    "daemons",
    [
        {"a": HOLDS, "b": RUNS},
        {"a": needs(HOLDS, b="started"), "b": RUNS},
        {"a": needs(RUNS, b="started"), "b": {"command": "x", "cron": "@daily", "lock": "db"}},
        {"a": needs(RUNS, b="completed"), "b": {**HOLDS, "restart": "never"}},
        {"a": needs(RUNS, b={"condition": "started", "required": False}), "b": HOLDS},
        {"a": needs(RUNS, b="started"), "b": {"command": "x", "lock": "other"}},
    ],
)
def test_a_lock_that_is_let_go_of_at_times_can_be_had(daemons: dict[str, dict[str, Any]]) -> None:
    assert found(**daemons) == []


@pytest.mark.parametrize(
    "daemons",
    [
        {"a": needs(RUNS, b="started"), "b": HOLDS},
        {"a": needs(HOLDS, b="ready"), "b": HOLDS},
        {"a": needs(RUNS, c="started"), "b": HOLDS, "c": needs({"command": "y"}, b="started")},
    ],
)
def test_one_that_is_held_by_what_must_be_up_beside_it_cannot(daemons: dict[str, dict[str, Any]]) -> None:
    message = "b, which it needs, holds db for its whole life: it would wait for ever"
    assert found(**daemons) == [(("a", "lock"), message)]


def test_those_that_need_each_other_are_looked_at_once() -> None:
    told = found(a=needs(HOLDS, b="started"), b=needs(HOLDS, a="started"))
    assert [path for path, _ in told] == [("a", "lock"), ("b", "lock")]
