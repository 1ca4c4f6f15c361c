"""Events of iCalendar files."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.calendars import MOST, BadCalendar, events
from udaemon.manifest.read import examine, load

HEAD, TAIL = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "END:VCALENDAR\r\n"


def calendar(*each: str) -> str:
    return HEAD + "".join(f"BEGIN:VEVENT\r\n{text}\r\nEND:VEVENT\r\n" for text in each) + TAIL


def told(text: str) -> list[str]:
    return [f"{start.isoformat()} {end.isoformat()}" for start, end in events(text)]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("DTSTART;VALUE=DATE:20261225", "2026-12-25T00:00:00 2026-12-26T00:00:00"),
        ("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227", "2026-12-24T00:00:00 2026-12-27T00:00:00"),
        ("DTSTART:20261224T180000\r\nDTEND:20261225T060000", "2026-12-24T18:00:00 2026-12-25T06:00:00"),
        ("DTSTART:20261224T180000Z\r\nDURATION:PT90M", "2026-12-24T18:00:00+00:00 2026-12-24T19:30:00+00:00"),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P1W", "2026-12-24T00:00:00 2026-12-31T00:00:00"),
        (
            'DTSTART;TZID="Europe/Berlin":20261224T180000\r\nDTEND;TZID=Europe/Berlin:20261224T200000',
            "2026-12-24T18:00:00+01:00 2026-12-24T20:00:00+01:00",
        ),
        ("SUMMARY:a long\r\n  one\r\nDTSTART;VAL\r\n UE=DATE:20261225", "2026-12-25T00:00:00 2026-12-26T00:00:00"),
        (
            "DTSTART:20261224T180000\r\nBEGIN:VALARM\r\nDURATION:PT1H\r\nEND:VALARM",
            "2026-12-24T18:00:00 2026-12-24T18:00:00",
        ),
    ],
)
def test_an_event_is_from_its_begin_to_its_end(text: str, span: str) -> None:
    assert told(calendar(text)) == [span]


def test_what_is_no_event_is_left_out() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nRRULE:FREQ=YEARLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    text = calendar("DTSTART;VALUE=DATE:20261225", "DTSTART;VALUE=DATE:20270101")
    assert len(told(text.replace("VERSION:2.0\r\n", f"VERSION:2.0\r\n{zone}"))) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "is no iCalendar file"),
        (calendar("SUMMARY:x"), "has an event without DTSTART"),
        (
            calendar("SUMMARY:Easter\r\nDTSTART:20261225\r\nRRULE:FREQ=YEARLY"),
            "repeats 'Easter' by RRULE, which is not read",
        ),
        (calendar("DTSTART:20261225\r\nRDATE:20271225"), "repeats 'an event' by RDATE, which is not read"),
        (calendar("DTSTART:20261325"), "has a moment that is none: 20261325"),
        (
            calendar("DTSTART;TZID=Mars/Base:20261225T000000"),
            "has an event in the time zone 'Mars/Base', which is not known",
        ),
        (calendar("DTSTART:20261225\r\nDTEND:20261224"), "has an event that ends before it begins: 20261225"),
        (
            calendar("DTSTART:20261225T100000Z\r\nDTEND:20261226"),
            "has an event that begins in a time zone and ends in none",
        ),
        (calendar("DTSTART:20261225\r\nDURATION:soon"), "has an event of the duration 'soon'"),
        (calendar("DTSTART:99991231"), "has an event that ends after the year 9999: 99991231"),
        (calendar("DTSTART:99991231\r\nDURATION:P2D"), "has an event that ends after the year 9999: 99991231"),
    ],
)
def test_what_cannot_be_told_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        list(events(text))
    assert str(refused.value) == message


LINES = st.sampled_from(
    "BEGIN:VCALENDAR BEGIN:VEVENT END:VEVENT END:VCALENDAR DTSTART:20261225 DTEND:99999999 DURATION:P99999D "
    "DTSTART:99991231 DURATION:PT9999999S DTSTART;TZID=:1 DTEND;TZID=..:20261225T000000 : ;".split()
)


@given(st.lists(LINES | st.text(max_size=20), max_size=12))
def test_whatever_stands_there_it_is_read_or_refused(lines: list[str]) -> None:
    text = "\n".join(["BEGIN:VCALENDAR", *lines])
    found: list[object] = []
    with suppress(BadCalendar):
        found += [end - start for start, end in events(text)]
    assert all(isinstance(length, timedelta) for length in found)


def test_it_is_read_with_the_manifest_and_its_time_is_noted(tmp_path: Path) -> None:
    (tmp_path / "days.ics").write_text(calendar("DTSTART;VALUE=DATE:20261225"))
    manifest = tmp_path / "udaemon.toml"
    manifest.write_text('[daemons.a]\ncommand = "true"\ncron = "@daily"\nexcept = "days.ics"\n')
    found = load([str(manifest)], environ=os.environ)
    (item,) = found.daemons["a"].exclusions
    assert item.text == str(tmp_path / "days.ics")
    assert item.spans() == ((datetime(2026, 12, 25), datetime(2026, 12, 26)),)  # noqa: DTZ001 - in the daemon's zone
    assert item.text in found.files


def test_too_many_events_are_refused_and_so_is_a_pipe(tmp_path: Path) -> None:
    many = calendar(
        *(f"DTSTART:2026{1 + at // 28 % 12:02}{1 + at % 28:02}T{at // 336:02}0000" for at in range(MOST + 1))
    )
    (tmp_path / "many.ics").write_text(many)
    os.mkfifo(tmp_path / "pipe.ics")
    manifest = tmp_path / "udaemon.toml"
    manifest.write_text('[daemons.a]\ncommand = "true"\ncron = "@daily"\nexcept = ["many.ics", "pipe.ics"]\n')
    problems = examine([str(manifest)], environ=os.environ).problems
    assert [problem.message for problem in problems] == [
        "many.ics has more than 1000 events",
        "pipe.ics is no regular file",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (calendar("DTSTART:20261225", "SUMMARY:long,\r\n folded\r\nDTSTART:20261225\r\nRRULE:FREQ=YEARLY"), 10),
        (calendar("SUMMARY:x"), 3),
        ("hello", None),
    ],
)
def test_it_says_in_which_line(text: str, line: int | None) -> None:
    with pytest.raises(BadCalendar) as caught:
        told(text)
    assert caught.value.line == line
