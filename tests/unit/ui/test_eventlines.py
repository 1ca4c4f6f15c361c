"""Which events are shown, which even to those who want to hear of failures only, and how."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.ui.eventlines import is_bad, is_shown, text


def event(word: str, message: str = "why", name: str | None = "db", **data: object) -> dict[str, Any]:
    return {"event": word, "message": message, "name": name, "instance": None if name is None else 0, "data": data}


@pytest.mark.parametrize("word", ["exited", "failed", "killing", "log", "lost", "refused", "started", "unkillable"])
def test_what_changes_something_is_shown(word: str) -> None:
    assert is_shown(event(word))


@pytest.mark.parametrize("word", ["ready", "up", "down", "leaving", "made-up"])
def test_all_else_is_not(word: str) -> None:
    assert not is_shown(event(word))


def test_the_end_of_one_that_was_stopped_is_told_once() -> None:
    assert not is_shown(event("exited", state="stopped"))
    assert is_shown(event("exited", state="backoff"))


def test_failures_are_told_to_everybody() -> None:
    told = ("failed", "lost", "unkillable", "started", "stopped", "refused")
    assert [word for word in told if is_bad(event(word))] == ["failed", "lost", "unkillable"]


def test_a_line_names_the_instance_where_there_is_one() -> None:
    assert text(event("failed")) == "db/0 failed: why"
    assert text(event("warning", name=None)) == "warning: why"
