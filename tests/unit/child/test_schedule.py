"""When the next run is due, by docs/guide/tasks.md, "The pace"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.schedule import Due, anchor_of, next_due

moments = st.floats(0, 1e6)
spans = st.floats(0, 1e5)
periods = st.floats(1e-3, 1e5)


@pytest.mark.parametrize(
    ("sleep", "min_sleep", "elapsed", "pause"),
    [
        (0.2, 0.0, 0.05, 0.15),  # the legacy library's measured table
        (0.2, 0.3, 0.05, 0.3),
        (0.0, 0.1, 0.05, 0.1),
        (0.0, 0.0, 0.05, 0.0),
        (0.02, 0.0, 0.05, 0.0),
        (0.02, 0.01, 0.05, 0.01),
        (0.25, 0.2, 0.05, 0.2),
    ],
)
def test_the_pause_is_the_legacy_librarys(sleep: float, min_sleep: float, elapsed: float, pause: float) -> None:
    due = next_due(100.0, 100.0 + elapsed, sleep, min_sleep)

    assert due.at - (100.0 + elapsed) == pytest.approx(pause)


@given(moments, spans, spans, spans)
def test_the_pause_is_never_shorter_than_min_sleep(anchor: float, took: float, sleep: float, least: float) -> None:
    ended = anchor + took

    assert next_due(anchor, ended, sleep, least).at >= ended + least


@given(moments, periods)
def test_a_run_in_time_is_followed_by_one_on_the_grid(anchor: float, sleep: float) -> None:
    due = next_due(anchor, anchor + sleep / 2, sleep, 0.0)

    assert due == Due(anchor + sleep, anchor + sleep)
    assert not due.overrun


@given(moments, periods, periods)
def test_an_overrun_is_followed_at_once_and_starts_a_new_grid(anchor: float, sleep: float, over: float) -> None:
    ended = anchor + sleep + over
    due = next_due(anchor, ended, sleep, 0.0)

    assert due.at == ended
    assert due.wished == anchor + sleep
    assert due.overrun == (ended != anchor + sleep)
    assert next_due(anchor_of(due.at, due.at, sleep), ended, sleep, 0.0).at == ended + sleep


def test_a_min_sleep_beyond_the_period_is_no_overrun() -> None:
    assert not next_due(100.0, 100.05, 0.2, 0.3).overrun


@given(moments, st.floats(0.01, 1e4), st.lists(st.floats(0, 0.9), min_size=1, max_size=100))
def test_late_wake_ups_do_not_add_up(start: float, sleep: float, shares: list[float]) -> None:
    due = Due(start, start)
    for share in shares:
        began = due.at + share * sleep * 0.5
        due = next_due(anchor_of(due.at, began, sleep), began, sleep, 0.0)

    assert due.at == pytest.approx(start + len(shares) * sleep, rel=1e-9)


def test_f5_what_was_missed_while_the_process_stood_still_is_not_caught_up() -> None:
    anchor = anchor_of(100.0, 160.0, 1.0)

    assert anchor == 160.0
    assert next_due(anchor, 160.1, 1.0, 0.0) == Due(161.0, 161.0)


@given(moments, spans, spans)
def test_without_a_period_nothing_is_ever_late(ended: float, least: float, ago: float) -> None:
    due = next_due(ended - ago, ended, 0.0, least)

    assert due == Due(ended + least, ended + least)
