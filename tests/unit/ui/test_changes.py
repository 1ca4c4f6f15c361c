"""Tests of the lines that `udaemon diff` shows."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.ui.changes import lines

NOTHING: dict[str, Any] = {
    "added": [], "removed": [], "changed": [], "renamed": [], "manifest": [], "unchanged": 3,
}  # fmt: skip


def shown(*, color: bool = False, **changes: Any) -> str:
    return "".join(lines(NOTHING | changes, color=color))


def changed(name: str, *keys: tuple[str, object, object, str], applies: str = "restart") -> dict[str, Any]:
    fields = ("key", "before", "after", "applies")
    return {"name": name, "applies": applies, "changes": [dict(zip(fields, key, strict=True)) for key in keys]}


def test_nothing_is_said_in_one_line() -> None:
    assert shown() == "nothing differs\n"


def test_added_removed_and_renamed() -> None:
    told = shown(added=["new"], removed=["old"], renamed=[{"before": "old", "after": "new"}])
    assert told == (
        "+ new starts\n- old stops\n  old and new say the same: was it renamed?\n1 added, 1 removed, 3 unchanged\n"
    )


def test_what_is_added_and_does_not_start_is_not_said_to() -> None:
    told = shown(added=["a", "b"], resting=["b"])
    assert told == "+ a starts\n+ b does not start by itself\n2 added, 3 unchanged\n"


def test_keys_stand_below_their_daemon_side_by_side() -> None:
    daemon = changed("web", ("cwd", "/a", "/b", "restart"), ("memory-limit", -1, "9M", "live"))
    assert shown(changed=[daemon]) == (
        '~ web restarts\n    cwd           "/a" → "/b"\n    memory-limit  -1 → "9M"  (live)\n1 changed, 3 unchanged\n'
    )


@pytest.mark.parametrize(
    ("applies", "words"),
    [("live", "changes while it runs"), ("next start", "changes at its next start"), ("restart", "restarts")],
)
def test_a_daemon_says_what_it_takes(applies: str, words: str) -> None:
    assert shown(changed=[changed("a", ("x", 1, 2, applies), applies=applies)]).startswith(f"~ a {words}\n")


@pytest.mark.parametrize(("after", "words"), [(True, "is enabled"), (False, "is disabled, and stops")])
def test_one_that_is_enabled_or_disabled_does_not_restart(after: bool, words: str) -> None:
    daemon = changed("a", ("enabled", not after, after, "restart"), ("cwd", "/a", "/b", "restart"))
    assert shown(changed=[daemon]).startswith(f"~ a {words}\n")


def test_a_hidden_value_is_said_to_be_another() -> None:
    assert "env.KEY  (hidden) is another\n" in shown(changed=[changed("a", ("env.KEY", "***", "***", "restart"))])


def test_a_long_value_is_cut_and_a_strange_one_escaped() -> None:
    told = shown(changed=[changed("a", ("x", "y" * 99, "\x1b[31m", "live"))])
    assert "…" in told
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) < 120


def test_what_needs_a_new_start_of_everything_comes_first() -> None:
    top = {"key": "project", "before": "a", "after": "b", "applies": "restart"}
    assert shown(manifest=[top]) == '! project "a" → "b": needs udaemon down and udaemon up\nno daemon differs\n'


def test_marks_are_coloured_on_demand() -> None:
    assert shown(added=["a"], color=True).startswith("\x1b[32m+\x1b[0m a starts\n")


LONG = ["find", "/srv/shop/var/sessions", "-mtime", "+7", "-name", "session-*", "-delete"]
LONGER = [*LONG[:3], "+14", *LONG[4:]]


def test_of_long_values_the_part_is_shown_where_they_begin_to_differ() -> None:
    told = shown(changed=[changed("a", ("command", LONG, LONGER, "restart"))]).splitlines()[1]
    assert told == '    command  …ime", "+7", "-name", "session-*", "-de… → …ime", "+14", "-name", "session-*", "-d…'


@pytest.mark.parametrize("columns", [50, 80])
def test_values_that_have_no_room_side_by_side_stand_below_one_another(columns: int) -> None:
    changes = NOTHING | {
        "changed": [changed("a", ("command", LONG, LONGER, "restart"), ("cwd", "/a", "/b", "restart"))]
    }
    _, before, after, short, _ = "".join(lines(changes, columns)).splitlines()
    assert before.startswith('    command  …ime", "+7", ')
    assert after.startswith('           → …ime", "+14", ')
    assert short == '    cwd      "/a" → "/b"'
    assert max(len(before), len(after)) <= columns


def test_of_two_long_values_one_may_begin_the_other() -> None:
    told = shown(changed=[changed("a", ("command", "x" * 60, "x" * 70, "restart"))]).splitlines()[1]
    assert told == f'    command  …{"x" * 8}" → …{"x" * 18}"'
