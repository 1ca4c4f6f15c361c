"""The buckets that durations are counted in."""

from __future__ import annotations

from math import nan

from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.histogram import BUCKETS, bucket, floor_of, percentile


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_a_duration_lies_within_its_bucket(duration: float) -> None:
    index = bucket(duration)

    assert 0 <= index < BUCKETS
    assert floor_of(index) <= duration
    assert duration < floor_of(index + 1)


def test_floors_rise() -> None:
    floors = [floor_of(index) for index in range(BUCKETS + 1)]

    assert floors == sorted(set(floors))


def test_the_clock_may_stand_still() -> None:
    assert bucket(0.0) == 0


@given(
    st.lists(st.floats(min_value=2e-6, max_value=1e5), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95, 1.0]),
)
def test_a_percentile_is_off_by_an_eighth_at_most(durations: list[float], share: float) -> None:
    counts = [0.0] * BUCKETS
    for duration in durations:
        counts[bucket(duration)] += 1
    ranked = sorted(durations)
    exact = next(d for n, d in enumerate(ranked, 1) if n >= len(ranked) * share)

    found = percentile(counts, share)

    assert found is not None
    assert abs(found - exact) <= exact / 8


def test_no_runs_no_percentile() -> None:
    assert percentile([0.0] * BUCKETS, 0.5) is None


@given(st.lists(st.floats(), min_size=BUCKETS, max_size=BUCKETS))
def test_nonsense_counts_never_raise(counts: list[float]) -> None:
    found = percentile(counts, 0.95)

    assert found is None or found >= 0


def test_not_a_number_is_no_count() -> None:
    assert percentile([nan] * BUCKETS, 0.5) is None
