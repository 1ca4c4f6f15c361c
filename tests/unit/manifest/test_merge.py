"""How tables lie over one another: the laws of merging, and what a daemon takes over from which other table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.merge import (
    LONGEST_LINE,
    environments,
    kind_of,
    kinds,
    layered,
    levels,
    lineage,
    meaningless,
    merged,
    with_levels,
)

TREES = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abcx"), inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(st.sampled_from("abcx"), TREES, max_size=4)


def daemons(**tables: Any) -> dict[str, Any]:
    return {"daemons": tables}


@given(TABLES)
def test_an_empty_table_changes_nothing_and_the_same_one_neither(table: dict[str, Any]) -> None:
    assert merged(table, {}) == merged({}, table) == merged(table, table) == table


@given(TABLES, TABLES)
def test_the_upper_one_wins_whatever_it_says(lower: dict[str, Any], upper: dict[str, Any]) -> None:
    result = merged(lower, upper)
    assert result.keys() == lower.keys() | upper.keys()
    assert all(result[name] == value for name, value in upper.items() if not isinstance(value, dict))


def test_false_zero_and_an_empty_list_replace_and_tables_are_merged() -> None:
    lower = {"flag": True, "list": [1], "table": {"a": 1, "b": 2}, "text": "x"}
    upper = {"flag": False, "list": [], "table": {"b": 3}, "text": {"now": "a table"}}
    assert merged(lower, upper) == {"flag": False, "list": [], "table": {"a": 1, "b": 3}, "text": {"now": "a table"}}


def test_layers_lie_over_one_another_without_what_is_nobodys() -> None:
    assert layered([{"a": 1, "x-mine": 2}, {"a": 3}, {"b": 4}]) == {"a": 3, "b": 4}
    assert layered([]) == {}


def test_a_daemon_is_made_of_those_it_extends_nearest_first() -> None:
    top = daemons(a={"extends": "b"}, b={"extends": "c"}, c={})
    assert lineage(top, "a") == ("a", "b", "c")
    assert lineage(daemons(a={"extends": "nobody"}), "a") == ("a", "nobody")
    assert lineage(daemons(a={"extends": "b"}, b={"extends": "a"}), "a") == ("a", "b", "a")
    assert lineage(daemons(a={"extends": 5}), "a") == ("a",)


def test_no_line_is_followed_without_end() -> None:
    many = {f"d{number}": {"extends": f"d{number + 1}"} for number in range(100)}
    assert len(lineage(daemons(**many), "d0")) == LONGEST_LINE + 1


def test_defaults_lie_lowest_and_a_daemons_own_keys_highest() -> None:
    top = {"defaults": {"a": 0}, **daemons(base={"a": 1}, mine={"extends": "base", "a": 2})}
    assert [level.get("a") for level in levels(top, "mine")] == [0, 1, 2]
    assert [level.get("a") for level in levels(top, "base")] == [0, 1]


def test_what_is_a_daemons_own_is_not_taken_over() -> None:
    top = daemons(base={"command": "a", "profiles": ["x"], "umask": "022"}, mine={"extends": "base"})
    mine = with_levels(top)["daemons"]["mine"]
    assert mine == {"command": "a", "umask": "022", "extends": "base"}


def test_a_pace_in_defaults_is_for_tasks_and_makes_no_server_a_job() -> None:
    top = {"defaults": {"sleep": "5s", "umask": "077"}} | daemons(task={"task": "m:f"}, server={"command": "a"})
    whole = with_levels(top)["daemons"]
    assert whole["task"] == {"sleep": "5s", "umask": "077", "task": "m:f"}
    assert whole["server"] == {"umask": "077", "command": "a"}


@pytest.mark.parametrize(("own", "gone"), [({"cron": "@daily"}, "sleep"), ({"sleep": "5s"}, "cron")])
def test_a_schedule_of_its_own_takes_the_place_of_the_other_kind_below(own: dict[str, str], gone: str) -> None:
    top = daemons(base={"task": "m:f", gone: "x"}, mine={"extends": "base", **own})
    assert gone not in with_levels(top)["daemons"]["mine"]


def test_what_means_nothing_for_a_kind_is_not_taken_over_but_stays_wrong_where_it_is_written() -> None:
    assert "params" in meaningless("command")
    assert "params" not in meaningless("factory")
    top = {"defaults": {"params": {"a": 1}}} | daemons(a={"command": "a"}, b={"command": "b", "params": {"b": 2}})
    whole = with_levels(top)["daemons"]
    assert (whole["a"], whole["b"]) == ({"command": "a"}, {"command": "b", "params": {"b": 2}})


def test_what_is_no_table_is_left_to_be_found_wrong() -> None:
    assert with_levels({"daemons": 5}) == {"daemons": 5}
    assert with_levels(daemons(a=5, b={"command": "b"}))["daemons"] == {"a": 5, "b": {"command": "b"}}


@pytest.mark.parametrize(
    ("stack", "kind"),
    [
        (({}, {"command": "a"}), "command"),
        (({"command": "a"}, {}), "command"),
        (({}, {"factory": "m:f"}), "factory"),
        (({}, {"php": {"factory": "A::b"}}), "php"),
        (({}, {"php": {"entry": "a.php", "id": "a"}}), "php.entry"),
        (({"php": {"interpreter": ["php8"]}}, {"command": "a"}), "command"),
        (({}, {}), None),
        (({}, {"command": "a", "task": "m:f"}), None),
    ],
)
def test_the_kind_of_a_daemon_is_what_its_tables_say_to_run(stack: tuple[Any, ...], kind: str | None) -> None:
    assert kind_of(stack, kinds(stack)) == kind


def test_the_highest_file_of_variables_replaces_those_below() -> None:
    stack: list[dict[str, Any]] = [{"env-file": "a", "env": {}}, {"env-file": "b"}, {}]
    assert [counts for _, counts in environments(stack)] == [False, True, False]
    assert [counts for _, counts in environments([{}, {}])] == [False, False]
