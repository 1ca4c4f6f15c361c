"""Due times in twenty zones around the days on which clocks change, against croniter read on a clock without zones.

The oracle knows naive times only; what a zone makes of them is written here by the rule of Debian's cron(8): a line
that names its time runs at the end of a gap and once in a fold, one that follows the clock (`*`) runs whenever it
reads so. That holds for a gap at any hour, at midnight as well.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter  # type: ignore[import-untyped]

from udaemon.manifest.cron import BadCron, resolve
from udaemon.policy.calendar import Cron, following

ZONES = (
    "UTC Europe/Berlin Europe/London America/New_York Antarctica/Troll America/Sao_Paulo America/St_Johns "
    "America/Santiago Asia/Kathmandu Asia/Kolkata Asia/Tokyo Asia/Tehran Africa/Cairo Africa/Casablanca "
    "Australia/Adelaide Pacific/Apia Pacific/Chatham Pacific/Auckland America/Havana Australia/Lord_Howe"
).split()
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
YEARS = ((datetime(2026, 1, 1), datetime(2027, 1, 1)), (datetime(2028, 2, 1), datetime(2028, 3, 2)))  # noqa: DTZ001
"""A year with all its changes and ends of months, and a leap day; naive on purpose."""


def lines(count: int) -> list[str]:
    """So many lines, always the same."""
    chosen, found = random.Random(14), list[str]()
    while len(found) < count:
        line = " ".join(
            (
                chosen.choice("* 0 7 30 59 */5 */17 0,30 10-20 10-50/13".split()),
                chosen.choice("* 0 1 2 3 4 12 23 */2 1-3 9-17/4 0,2".split()),
                chosen.choice("* * * 1 28 29 30 31 1,15 */10 L".split()),
                chosen.choice("* * * 2 3 10 mar,oct 6-9".split()),
                chosen.choice("* * * 0 1 5 mon-fri sat,sun".split()),
            )
        )
        try:
            resolve(line, 0)
        except BadCron:
            continue
        found.append(line)
    return found


@cache
def windows(zone: str) -> tuple[Span, ...]:
    """Days on which a zone's clock is set in 2026, and ends of months, a leap day among them; with their neighbours."""
    days = [datetime(2026, 1, 1) + at * DAY for at in range(365)]  # noqa: DTZ001 - naive on purpose
    there = ZoneInfo(zone)
    changes = [day for day in days if _offset(day, there) != _offset(day + DAY, there)]
    ends = [datetime(2026, 1, 31), datetime(2026, 2, 28), datetime(2028, 2, 28), datetime(2026, 12, 31)]  # noqa: DTZ001
    return tuple((day - DAY, day + 2 * DAY) for day in (*changes, *ends))


def _offset(naive: datetime, zone: ZoneInfo) -> timedelta | None:
    return naive.replace(tzinfo=zone).utcoffset()


@cache
def read_plainly(line: str, start: datetime, end: datetime) -> tuple[datetime, ...]:
    """What croniter says on a clock without a zone: asked once for all zones."""
    day, week = line.split()[2], line.split()[4]
    stars = day.startswith("*") or week.startswith("*")
    oracle = croniter(resolve(line, 0), start - timedelta(minutes=1), day_or=not stars, max_years_between_matches=60)
    try:
        return tuple(takewhile(lambda due: due < end, iter(lambda: oracle.get_next(datetime), None)))
    except ValueError:  # there is none any more
        return ()


def moments(naive: datetime, zone: ZoneInfo, *, follows: bool) -> list[float]:
    """When a clock of the zone reads so, by the rule above."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    gap = datetime.fromtimestamp(first.timestamp(), zone).replace(tzinfo=None) != naive
    if gap:
        return [] if follows else [_jump(naive, zone)]
    return sorted({first.timestamp(), second.timestamp()}) if follows else [first.timestamp()]


def _jump(naive: datetime, zone: ZoneInfo) -> float:
    """The first moment after the gap in which a reading lies."""
    low, high = (naive.replace(tzinfo=zone, fold=fold).timestamp() for fold in (1, 0))
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1.0:
        middle = (low + high) / 2
        low, high = (middle, high) if datetime.fromtimestamp(middle, zone).utcoffset() == before else (low, middle)
    return round(high / 60.0) * 60.0


def disagreements(line: str, name: str, spans: Iterable[Span]) -> list[str]:
    """The first moment of each span that only one of both has."""
    zone = ZoneInfo(name)
    minute, hour, *_ = line.split()
    follows = minute.startswith("*") or hour.startswith("*")
    rule, found = Cron(resolve(line, 0), zone), list[str]()
    for start, end in spans:
        since, until = (edge.replace(tzinfo=zone).timestamp() for edge in (start, end))
        plain = read_plainly(line, start, end)
        wanted = sorted({at for each in plain for at in moments(each, zone, follows=follows)})
        ours = [*takewhile(lambda due, until=until: due < until, following(rule, since - 1.0))]  # type: ignore[misc]
        if odd := min(set(wanted) ^ set(ours), default=None):
            whose = "we alone" if odd in ours else "the oracle alone"
            found.append(f"{line!r} in {name}: {whose} at {datetime.fromtimestamp(odd, zone):%Y-%m-%d %H:%M %Z}")
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_few_lines_in_each_zone(zone: str) -> None:
    assert [told for line in lines(24) for told in disagreements(line, zone, windows(zone))] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("zone", ZONES)
def test_two_hundred_lines_in_each_zone(zone: str) -> None:
    assert [told for line in lines(200) for told in disagreements(line, zone, YEARS)] == []
