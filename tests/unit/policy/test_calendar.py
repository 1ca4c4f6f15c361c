"""When runs are due by the calendar, judged against croniter and by clocks that are set and machines that sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.cron import BadCron, resolve
from udaemon.policy.calendar import Cron, Every, Look, Position, Rule, following, judge, offset, started

HOUR, DAY = 3600.0, 86400.0
ZONES = (
    "UTC Europe/Berlin Europe/London America/New_York America/Los_Angeles America/Sao_Paulo America/St_Johns "
    "America/Santiago Asia/Kathmandu Asia/Kolkata Asia/Tokyo Asia/Tehran Africa/Cairo Africa/Casablanca "
    "Australia/Lord_Howe Australia/Adelaide Pacific/Apia Pacific/Chatham Pacific/Auckland Antarctica/Troll"
).split()
LINES = st.builds(
    lambda *fields: " ".join(fields),
    st.sampled_from("* 0 7 30 59 */5 */17 0,30 10-20 10-50/13".split()),
    st.sampled_from("* 0 1 2 3 4 12 23 */2 1-3 9-17/4 0,2".split()),
    st.sampled_from("* 1 13 28 29 30 31 1,15 */10 L".split()),
    st.sampled_from("* 1 2 3 10 */3 mar,oct 6-9".split()),
    st.sampled_from("* 0 1 5 7 mon-fri sat,sun".split()),
)


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def cron(line: str, zone: str = "UTC") -> Cron:
    return Cron(resolve(line, 0), ZoneInfo(zone))


def shown(times: list[float], zone: str) -> list[str]:
    return [datetime.fromtimestamp(one, ZoneInfo(zone)).strftime("%m-%d %H:%M %Z") for one in times]


@given(LINES, st.integers(0, 400 * 24 * 60))
def test_it_is_due_when_an_independent_reader_says_so(line: str, minute: int) -> None:
    """In UTC both must say the same, around month ends, leap days and any other day."""
    start = datetime(2023, 12, 1, tzinfo=UTC) + timedelta(minutes=minute)
    try:
        ours = list(islice(following(cron(line), start.timestamp()), 5))
    except BadCron:
        return
    day, week = line.split()[2], line.split()[4]
    stars = day.startswith("*") or week.startswith("*")
    oracle = croniter(resolve(line, 0), start, day_or=not stars, max_years_between_matches=60)
    for due in ours:
        assert due == oracle.get_next(datetime).timestamp()


@given(LINES, st.sampled_from(ZONES), st.integers(0, 365 * 24 * 60))
def test_in_any_zone_it_is_later_each_time_and_reads_as_the_line_says(line: str, zone: str, minute: int) -> None:
    """What cannot read so is at the end of an hour that was skipped."""
    try:
        rule = cron(line, zone)
    except BadCron:
        return
    start = at("2026-01-01") + minute * 60
    dues = list(islice(following(rule, start), 8))

    assert all(earlier < later for earlier, later in pairwise([start, *dues]))
    for due in dues:
        local = datetime.fromtimestamp(due, ZoneInfo(zone))
        before = datetime.fromtimestamp(due - 60, ZoneInfo(zone))
        jumped = local.utcoffset() != before.utcoffset()
        matches = croniter.match(resolve(line, 0), local.replace(tzinfo=None), day_or=not _both(line))
        assert matches or jumped


def _both(line: str) -> bool:
    _, _, day, _, week = line.split()
    return day.startswith("*") or week.startswith("*")


@given(LINES, st.sampled_from(ZONES), st.integers(0, 365 * 24 * 60))
def test_before_is_the_last_that_is_not_after(line: str, zone: str, minute: int) -> None:
    try:
        rule = cron(line, zone)
    except BadCron:
        return
    now = at("2026-01-01") + minute * 60
    last = rule.before(now)
    if last is not None:
        following_one = rule.after(last)
        assert last <= now
        assert following_one is None or following_one > now


@pytest.mark.parametrize(
    ("line", "dues"),
    [
        ("30 2 * * *", ["03-28 02:30 CET", "03-29 03:00 CEST", "03-30 02:30 CEST"]),
        ("0,15,30 2 * * *", ["03-28 02:30 CET", "03-29 03:00 CEST", "03-30 02:00 CEST"]),
        ("0 3 * * *", ["03-28 03:00 CET", "03-29 03:00 CEST", "03-30 03:00 CEST"]),
        ("0 * * * *", ["03-28 03:00 CET", "03-28 04:00 CET", "03-28 05:00 CET"]),
    ],
)
def test_what_daylight_saving_skips_runs_at_the_jump(line: str, dues: list[str]) -> None:
    start = at("2026-03-28T02:20", "Europe/Berlin")
    assert shown(list(islice(following(cron(line, "Europe/Berlin"), start), 3)), "Europe/Berlin") == dues


def test_what_daylight_saving_repeats_runs_once() -> None:
    berlin = cron("30 2 * * *", "Europe/Berlin")
    start = at("2026-10-24T12:00", "Europe/Berlin")
    assert shown(list(islice(following(berlin, start), 2)), "Europe/Berlin") == ["10-25 02:30 CEST", "10-26 02:30 CET"]
    between = at("2026-10-25T02:10", "Europe/Berlin") + HOUR  # the second time that it is ten past two
    assert shown([berlin.after(between) or 0.0], "Europe/Berlin") == ["10-26 02:30 CET"]


def test_each_quarter_of_an_hour_comes_in_both_of_the_repeated_hours() -> None:
    start = at("2026-10-25T01:50", "Europe/Berlin")
    dues = list(islice(following(cron("*/15 * * * *", "Europe/Berlin"), start), 9))
    assert {later - earlier for earlier, later in pairwise(dues)} == {900.0}


def test_a_leap_day_comes_in_leap_years() -> None:
    dues = list(islice(following(cron("0 0 29 2 *"), at("2025-03-01")), 2))
    assert dues == [at("2028-02-29"), at("2032-02-29")]


NIGHTLY = cron("0 2 * * *")
MINUTELY = cron("* * * * *")
NOW = at("2026-06-10T12:00")


def up(wall: float, boot: float = 0.0) -> Position:
    return started(NIGHTLY, Rule(), None, Look(wall, boot)).position


def test_it_waits_for_the_next_due_time_and_then_runs() -> None:
    verdict = judge(NIGHTLY, Rule(), up(NOW), Look(NOW, 0.0), 0.0)
    assert (verdict.run, verdict.wake) == (False, at("2026-06-11T02:00"))

    due = judge(NIGHTLY, Rule(), verdict.position, Look(at("2026-06-11T02:00"), 14 * HOUR), 0.0)
    assert due.run
    again = judge(NIGHTLY, Rule(), due.position, Look(at("2026-06-11T02:00"), 14 * HOUR), 0.0)
    assert (again.run, again.wake) == (False, at("2026-06-12T02:00"))


@pytest.mark.parametrize(("slept", "runs", "missed"), [(13 * HOUR, False, 0), (15 * HOUR, True, 0), (5 * DAY, True, 4)])
def test_a_machine_that_slept_makes_up_for_one(slept: float, runs: bool, missed: int) -> None:
    verdict = judge(NIGHTLY, Rule(), up(NOW), Look(NOW + slept, slept), 0.0)
    assert (verdict.run, verdict.missed) == (runs, missed)


@pytest.mark.parametrize("step", [HOUR, 2.5 * HOUR, DAY, 40 * DAY])
def test_a_clock_set_forward(step: float) -> None:
    """Over a due time: a small step makes up for it, with a large one the clock was wrong before."""
    position = up(at("2026-06-10T01:30"))
    verdict = judge(NIGHTLY, Rule(), position, Look(at("2026-06-10T01:30") + step, 1.0), 0.0)
    assert verdict.run is (step < 3 * HOUR)
    assert verdict.missed == 0


@pytest.mark.parametrize("step", [HOUR, 2.5 * HOUR, DAY, 40 * DAY])
def test_a_clock_set_back(step: float) -> None:
    """What has run at two o'clock runs again only where the clock was really wrong."""
    due = at("2026-06-10T02:00")
    ran = judge(NIGHTLY, Rule(), up(due - HOUR), Look(due, HOUR), 0.0).position
    verdict = judge(NIGHTLY, Rule(), ran, Look(due + 60 - step, HOUR + 60), 0.0)
    assert not verdict.run
    assert verdict.wake == (due + DAY if step < 3 * HOUR else NIGHTLY.after(due + 60 - step))


def test_what_runs_each_minute_follows_the_clock_wherever_it_is_set() -> None:
    position = judge(MINUTELY, Rule(), Position(NOW - 60, Look(NOW - 60, 0.0)), Look(NOW, 60.0), 0.0).position
    verdict = judge(MINUTELY, Rule(), position, Look(NOW + 30 - HOUR, 90.0), 0.0)
    assert verdict.wake == NOW + 60 - HOUR


@pytest.mark.parametrize(
    ("rule", "owed", "missed"),
    [
        (Rule(), 0, 5),
        (Rule(catches=1), 1, 4),
        (Rule(catches=12), 5, 0),
        (Rule(catches=2), 2, 3),
        (Rule(catches=12, within=2 * DAY), 2, 3),
    ],
)
def test_what_was_missed_while_it_was_down_is_made_up_for_as_it_says(rule: Rule, owed: int, missed: int) -> None:
    stamp = at("2026-06-05T02:00")
    verdict = started(NIGHTLY, rule, stamp, Look(NOW, 5.0))
    assert (verdict.position.owed, verdict.missed) == (owed, missed)

    position, runs = verdict.position, 0
    while (now := judge(NIGHTLY, rule, position, Look(NOW, 5.0), 0.0)).run:
        position, runs = now.position, runs + 1
    assert runs == owed
    assert now.wake == at("2026-06-11T02:00")


def test_a_weekly_job_survives_daily_restarts() -> None:
    weekly, stamp, runs = cron("0 4 * * sun"), at("2026-06-01T09:00"), []
    for day in range(1, 29):  # up from nine to five only
        start = at(f"2026-06-{day:02}T09:00")
        verdict = started(weekly, Rule(catches=1), stamp, Look(start, 0.0))
        position = verdict.position
        while (now := judge(weekly, Rule(), position, Look(start, 0.0), 0.0)).run:
            position = now.position
            runs.append(day)
        stamp = position.anchor
    assert runs == [7, 14, 21, 28]


@pytest.mark.parametrize(("queues", "runs", "missed"), [(False, False, 3), (True, True, 2)])
def test_what_comes_due_in_a_run_is_skipped_or_queued(queues: bool, runs: bool, missed: int) -> None:
    rule = Rule(queues=queues)
    busy = judge(MINUTELY, rule, Position(NOW, Look(NOW, 0.0)), Look(NOW + 200, 200.0), 0.0, busy=True)
    assert (busy.run, busy.missed) == (False, missed)
    after = judge(MINUTELY, rule, busy.position, Look(NOW + 200, 200.0), 0.0)
    assert after.run is runs


def test_a_year_of_missed_minutes_is_not_counted_one_by_one() -> None:
    verdict = started(MINUTELY, Rule(catches=1), NOW - 365 * DAY, Look(NOW, 0.0))
    assert (verdict.position.owed, verdict.missed) == (1, 999)
    assert judge(MINUTELY, Rule(), Position(NOW - 365 * DAY, Look(NOW - 365 * DAY, 0.0)), Look(NOW, 365 * DAY), 0.0).run


@given(LINES, st.floats(0, 1), st.integers(0, 365 * 24 * 60))
def test_stagger_keeps_the_order_and_stays_within_the_hour(line: str, shift: float, minute: int) -> None:
    try:
        rule = cron(line)
    except BadCron:
        return
    dues = list(islice(following(rule, at("2026-01-01") + minute * 60), 4))
    shifted = [due + offset(rule, Rule(shift=shift * 0.999), due, 0.0) for due in dues]
    assert all(0 <= late - due < HOUR for due, late in zip(dues, shifted, strict=True))
    assert all(earlier < later for earlier, later in pairwise(shifted))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.5, 59.0, 61.0, HOUR, 5 * HOUR, DAY]), st.sampled_from([0, 0, 0, -DAY, -HOUR, HOUR, DAY])
        ),
        max_size=30,
    ),
    st.sampled_from([NIGHTLY, MINUTELY, cron("0 * * * *", "Europe/Berlin"), Every(HOUR, NOW)]),
)
def test_however_the_clocks_go_it_is_judged_once_and_waits_for_what_comes(
    moves: list[tuple[float, float]], times: Cron | Every
) -> None:
    look = Look(NOW, 0.0)
    position = Position(NOW, look)
    for passed, step in moves:
        look = Look(look.wall + passed + step, look.boot + passed)
        verdict = judge(times, Rule(), position, look, 0.0)
        again = judge(times, Rule(), verdict.position, look, 0.0)
        assert not again.run, "the same due time twice"
        assert again.wake is not None
        assert again.wake > look.wall
        assert again.wake - look.wall <= 2 * DAY + 3 * HOUR
        position = again.position
