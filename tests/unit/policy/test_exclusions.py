"""Times in which nothing is due."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, pairwise
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.interrupted import Interrupted
from udaemon.manifest.exclusions import Exclusion, end_of, start_of
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.calendar import Every, Look, Rule, following, started
from udaemon.policy.exclusions import Except, span_at, spans_of, without
from udaemon.policy.simulation import Setting, cron_times, planned
from udaemon.policy.timetable import timetable

BERLIN = ZoneInfo("Europe/Berlin")
SPANS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=6).map(
    lambda each: spans_of(
        ((datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + length, UTC)) for start, length in each),
        None,
        None,
        UTC,
    )
)


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@given(SPANS, st.floats(0, 500), st.integers(1, 40))
def test_what_is_due_is_what_was_due_without_the_spans(
    spans: tuple[tuple[float, float], ...], wall: float, period: int
) -> None:
    times = Every(float(period), 0.0)
    kept = [due for due in islice(following(times, wall), 400) if not any(a <= due < b for a, b in spans)]
    ours = Except(times, spans)
    assert list(islice(following(ours, wall), 20)) == kept[:20]
    last = ours.before(wall)
    earlier = [at * float(period) for at in range(-40, int(wall // period) + 1)]
    assert last == max(due for due in earlier if not any(a <= due < b for a, b in spans))


@given(SPANS)
def test_spans_are_apart_and_in_order(spans: tuple[tuple[float, float], ...]) -> None:
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_dates_are_whole_days_in_the_daemons_zone_also_where_the_clock_changes() -> None:
    def span(text: str) -> tuple[float, float]:
        (found,) = spans_of(Exclusion(text).spans(), None, None, BERLIN)
        return found

    assert span("2026-12-25") == (at("2026-12-25"), at("2026-12-26"))
    assert span("2026-12-24..2027-01-02") == (at("2026-12-24"), at("2027-01-03"))
    assert span("2026-03-29")[1] - span("2026-03-29")[0] == 23 * 3600
    assert span("2026-10-25")[1] - span("2026-10-25")[0] == 25 * 3600
    assert span("2026-12-24T18:00..2026-12-25T06:00:30") == (at("2026-12-24T18:00"), at("2026-12-25T06:00:30"))


def test_a_run_at_the_last_moment_of_until_is_due_and_none_after_it() -> None:
    spans = spans_of((), start_of("2026-12-01"), end_of("2026-12-02T12:00"), BERLIN)
    noon = without(Every(43200.0, at("2026-11-01")), spans)
    assert noon.after(at("2026-11-15")) == at("2026-12-01")
    assert noon.after(at("2026-12-02")) == at("2026-12-02T12:00")
    assert noon.after(at("2026-12-02T12:00")) is None
    assert noon.before(at("2026-11-30")) is None
    assert noon.before(at("2027-01-01")) == at("2026-12-02T12:00")


def test_without_spans_nothing_is_wrapped() -> None:
    times = Every(1.0, 0.0)
    assert without(times, ()) is times
    assert span_at((), 5.0) is None


def test_what_is_excluded_is_not_missed() -> None:
    spans = ((100.0, 200.0),)
    verdict = started(without(Every(10.0, 0.0), spans), Rule(catches=1000), 95.0, Look(215.0, 0.0))
    assert (verdict.position.owed, verdict.missed) == (2, 0)  # at 200 and 210


def test_a_period_goes_on_where_the_span_ends() -> None:
    now = [-930.0]  # wall time 70
    planner = Interrupted([(100.0, 200.0)], lambda: now[0] + 1000.0, 30.0, 0.0)
    due = planner.first(0.0, -930.0)
    assert due.at == -930.0
    now[0] = -929.0
    due = planner.next(due, -930.0, -929.0, kicked=False)
    assert due.at == pytest.approx(-800.0)  # wall time 200, not 100
    now[0] = -799.0
    assert planner.next(due, -800.0, -799.0, kicked=False).at == pytest.approx(-770.0)


def test_after_until_a_period_has_no_run() -> None:
    planner = Interrupted([(100.0, inf)], lambda: 150.0, 30.0, 0.0)
    assert planner.first(0.0, 5.0).at == inf


MANIFEST = Manifest(file="/p/udaemon.toml", directory="/p", project="p")


def test_a_timetable_has_them_and_simulate_leaves_them_out() -> None:
    daemon = Daemon(
        name="report",
        command=("x",),
        cron="0 3 * * *",
        timezone="Europe/Berlin",
        exclusions=(Exclusion("2026-12-25"), Exclusion("2026-12-27..2026-12-28")),
        until="2026-12-29",
    )
    table = timetable(MANIFEST, daemon, 0, {})
    assert table is not None
    assert table.spans[-1][1] == inf
    runs = planned(Setting(MANIFEST, {}, cron_times(ZoneInfo)), [daemon], at("2026-12-24"), at("2027-01-05"))
    assert [run.at for run in runs] == [at("2026-12-24T03:00"), at("2026-12-26T03:00"), at("2026-12-29T03:00")]


def test_a_period_is_simulated_too() -> None:
    daemon = Daemon(name="beat", task="m:f", sleep=86400.0, timezone="UTC", exclusions=(Exclusion("2026-12-25"),))
    start = at("2026-12-24T12:00", "UTC")
    runs = planned(Setting(MANIFEST, {}, cron_times(ZoneInfo)), [daemon], start, start + 3 * 86400.0)
    assert [run.at - start for run in runs] == [0.0, 36 * 3600.0, 60 * 3600.0]
