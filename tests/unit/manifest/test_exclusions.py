"""The values of `except`, `from` and `until`: what is a date, a moment, a range or a calendar, and what is none."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from udaemon.manifest.exclusions import Exclusion, ExclusionItem, Moment
from udaemon.manifest.problems import Wrong


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-12-25", "2026-12-25", "2026-12-26"),
        ("2026-12-24..2027-01-02", "2026-12-24", "2027-01-03"),
        ("2026-12-24T18:00..2026-12-27", "2026-12-24T18:00", "2026-12-28"),
        ("2026-12-24 18:00..2026-12-24 19:30:15", "2026-12-24T18:00", "2026-12-24T19:30:15"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
    ],
)
def test_an_item_is_a_span_and_its_last_day_belongs_to_it(text: str, start: str, end: str) -> None:
    item = ExclusionItem()
    assert item.parse(text).spans() == ((datetime.fromisoformat(start), datetime.fromisoformat(end)),)
    assert item.dump(item.parse(text)) == text


def test_a_calendar_is_named_and_has_the_spans_that_are_in_it() -> None:
    found = ExclusionItem().parse("holidays.ICS")
    assert (found.is_file, found.spans()) == (True, ())
    assert found.at(lambda name: f"/srv/{name}").text == "/srv/holidays.ICS"
    assert Exclusion("2026-12-25").at(lambda name: f"/srv/{name}").text == "2026-12-25"
    filled = found._replace(events=(("2026-12-25T00:00", "2026-12-26T00:00"),))
    assert filled.spans() == ((datetime(2026, 12, 25), datetime(2026, 12, 26)),)  # noqa: DTZ001 - no zone is meant


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5, "wrong-type"),
        (date(2026, 12, 25), "wrong-type"),
        ("", "bad-date"),
        (".ics", "bad-date"),
        ("25.12.2026", "bad-date"),
        ("2026-02-29", "bad-date"),
        ("2026-12-25T25:00", "bad-date"),
        ("9999-12-31", "bad-date"),
        ("2026-12-24..", "bad-date"),
        ("2027-01-02..2026-12-24", "bad-date"),
        ("2026-12-24T18:00", "bad-date"),
    ],
)
def test_what_is_no_item_is_told(value: object, code: str) -> None:
    with pytest.raises(Wrong) as caught:
        ExclusionItem().parse(value)
    assert caught.value.code == code


def test_a_range_that_ends_before_it_begins_is_told_the_other_way_round() -> None:
    with pytest.raises(Wrong) as caught:
        ExclusionItem().parse("2027-01-02..2026-12-24")
    assert caught.value.hint == 'write "2026-12-24..2027-01-02"'


@pytest.mark.parametrize("text", ["2026-12-25", "2026-12-25T18:00", "2026-12-25 18:00:30"])
def test_a_moment_is_kept_as_it_is_written(text: str) -> None:
    assert Moment().parse(text) == text


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (date(2026, 12, 25), 'put it in quotes: "2026-12-25"'),
        ("2026-12-25..2026-12-26", 'write a date such as "2026-12-25", or a moment such as "2026-12-25T18:00"'),
        ("2026-13-25", 'write a date such as "2026-12-25", or a moment such as "2026-12-25T18:00"'),
    ],
)
def test_what_is_no_moment_is_told_with_how_one_is_written(value: object, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        Moment().parse(value)
    assert caught.value.hint == hint
