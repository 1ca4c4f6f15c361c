"""What a daemon's keys come to for one of its instances, and where a bare period says all."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from udaemon.manifest.model import Daemon
from udaemon.manifest.schedule import Catch, Misfire, Overlap
from udaemon.policy.calendar import Timetable
from udaemon.policy.timetable import runs_on_start, timetable


@frozen
class Here:
    """Where it is declared."""

    project: str = "shop"
    context: str = ""
    directory: str = "/srv"
    stamps: str | None = "/state"


def table(index: int = 0, place: Here = Here(), name: str = "a", **keys: Any) -> Timetable:
    made = timetable(place, Daemon(name=name, command=("a",), **keys), index, {"TZ": "Europe/Berlin"})
    assert made is not None
    return made


@pytest.mark.parametrize("keys", [{}, {"sleep": 5.0}, {"sleep": 5.0, "run_on_start": True}, {"run_on_start": False}])
def test_a_bare_period_needs_none(keys: dict[str, Any]) -> None:
    assert timetable(Here(), Daemon(name="a", factory="m:f", **keys), 0, {}) is None


@pytest.mark.parametrize(
    "keys",
    [
        {"cron": "@daily"},
        {"sleep": 5.0, "jitter": 1.0},
        {"sleep": 5.0, "stagger": True},
        {"sleep": 5.0, "run_on_start": False},
    ],
)
def test_what_says_more_than_a_period_has_one(keys: dict[str, Any]) -> None:
    assert table(**keys).sleep == keys.get("sleep", 0.0)


def test_a_calendar_begins_with_its_first_due_time_and_a_period_at_once() -> None:
    assert not runs_on_start(Daemon(name="a", cron="@daily"))
    assert runs_on_start(Daemon(name="a", sleep=5.0))
    assert runs_on_start(Daemon(name="a", cron="@daily", run_on_start=True))
    assert table(cron="@daily").run_on_start is False


def test_each_instance_has_a_place_of_its_own_in_an_hour_and_keeps_it() -> None:
    lines = [table(index, cron="H * * * *").cron for index in range(20)]
    assert len(set(lines)) > 10
    assert lines == [table(index, cron="H * * * *").cron for index in range(20)]
    assert lines[0] != table(0, name="b", cron="H * * * *").cron
    assert lines[0] != table(0, Here(project="other"), cron="H * * * *").cron


def test_only_what_is_staggered_is_shifted() -> None:
    assert table(cron="@daily").rule.shift == 0.0
    shifts = [table(index, sleep=5.0, stagger=True).rule.shift for index in range(20)]
    assert all(0.0 <= shift < 1.0 for shift in shifts)
    assert len(set(shifts)) == 20


@pytest.mark.parametrize(
    ("misfire", "catches"),
    [(Misfire(run=Catch.SKIP), 0), (Misfire(run=Catch.RUN_ONCE), 1), (Misfire(run=Catch.ALL, max=12, within=60.0), 12)],
)
def test_what_was_missed_is_made_up_for_as_it_says(misfire: Misfire, catches: int) -> None:
    rule = table(cron="@daily", misfire=misfire).rule
    assert (rule.catches, rule.within) == (catches, misfire.within)


@pytest.mark.parametrize(("overlap", "queues"), [(Overlap.SKIP, False), (Overlap.QUEUE, True), (Overlap.CANCEL, False)])
def test_a_due_time_in_a_run_is_made_up_for_where_that_is_said(overlap: Overlap, *, queues: bool) -> None:
    assert table(cron="@daily", overlap=overlap).rule.queues is queues


def test_it_has_its_own_time_zone_or_that_of_the_machine() -> None:
    assert table(cron="@daily", timezone="UTC").zone == "UTC"
    assert table(cron="@daily").zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("place", "stamp"),
    [(Here(), "/state/a-1"), (Here(context="test"), "/state/a-test-1"), (Here(stamps=None), None)],
)
def test_its_last_due_time_is_kept_in_a_file_of_its_own(place: Here, stamp: str | None) -> None:
    assert table(1, place, cron="@daily").stamp == stamp
