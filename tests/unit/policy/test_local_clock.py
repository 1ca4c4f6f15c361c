"""Readings of a clock around its changes: at midnight, by half an hour, at no full hour, over a whole day."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from udaemon.manifest.cron import resolve
from udaemon.policy.calendar import Cron, following


def at(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def cron(line: str, zone: str) -> Cron:
    return Cron(resolve(line, 0), ZoneInfo(zone))


def shown(times: list[float], zone: str) -> list[str]:
    return [datetime.fromtimestamp(one, ZoneInfo(zone)).strftime("%m-%d %H:%M %Z") for one in times]


@pytest.mark.parametrize(
    ("line", "zone", "start", "dues"),
    [
        ("30 0 * * *", "America/Havana", "2026-03-07T00:30", ["03-08 01:00 CDT", "03-09 00:30 CDT"]),
        ("0,30 0 6 9 *", "America/Santiago", "2026-09-05T12:00", ["09-06 01:00 -03", "09-06 00:00 -03"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", ["10-04 02:30 +11", "10-05 02:15 +11"]),
        ("50 2 * * *", "Pacific/Chatham", "2026-04-05T00:00", ["04-05 02:50 +1345", "04-06 02:50 +1245"]),
        ("30 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00", ["12-31 00:00 +14", "12-30 12:30 +14"]),
    ],
)
def test_a_line_that_names_its_time_runs_at_the_jump_and_once(
    line: str, zone: str, start: str, dues: list[str]
) -> None:
    assert shown(list(islice(following(cron(line, zone), at(start, zone)), 2)), zone) == dues


@pytest.mark.parametrize(
    ("line", "zone", "start", "dues"),
    [
        ("*/30 0 8 3 *", "America/Havana", "2026-03-07T12:00", ["03-08 00:00 CST", "03-08 00:30 CST"]),
        ("30 */2 8 3 *", "America/Havana", "2026-03-07T12:00", ["03-08 02:30 CDT", "03-08 04:30 CDT"]),
        ("*/30 * 8 3 *", "America/Havana", "2026-03-07T12:00", ["03-08 01:00 CDT", "03-08 01:30 CDT"]),
        ("*/30 0 * * *", "America/Havana", "2026-03-07T00:10", ["03-07 00:30 CST", "03-09 00:00 CDT"]),
        ("*/30 0-1 6 9 *", "America/Santiago", "2026-09-05T12:00", ["09-06 01:00 -03", "09-06 01:30 -03"]),
        ("*/30 0-1 24 4 *", "Africa/Cairo", "2026-04-23T12:00", ["04-24 01:00 EEST", "04-24 01:30 EEST"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T02:10", ["03-28 02:30 CET", "03-30 02:00 CEST"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-10-25T02:10", ["10-25 02:30 CEST", "10-25 02:00 CET"]),
        ("*/5 2 5 4 *", "Pacific/Chatham", "2026-04-05T02:51", ["04-05 02:55 +1345", "04-05 02:45 +1245"]),
        ("15,45 * 5 4 *", "Australia/Lord_Howe", "2026-04-05T01:30", ["04-05 01:45 +11", "04-05 01:45 +1030"]),
    ],
)
def test_a_line_that_follows_the_clock_runs_whenever_the_clock_reads_so(
    line: str, zone: str, start: str, dues: list[str]
) -> None:
    """Nothing is made up for what a gap leaves out, also where it begins at midnight or is no whole hour."""
    assert shown(list(islice(following(cron(line, zone), at(start, zone)), 2)), zone) == dues


def test_a_line_whose_readings_the_clock_never_has_is_never_due() -> None:
    """In Havana summer time begins at midnight of the second Sunday of March, each year."""
    assert cron("* 0 8-14 3 */7", "America/Havana").after(at("2026-01-01", "UTC")) is None
