"""The length of a wait, as a function of its own."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.model import Backoff, Daemon, Restart
from udaemon.policy.instance import Exit, declared
from udaemon.policy.reasons import Reason
from udaemon.policy.restart import Retry, delay, refused_delay, verdict

counts = st.integers(1, 10**6)
backoffs = st.builds(
    Backoff,
    initial=st.floats(0, 1e6),
    factor=st.floats(1, 100),
    max=st.floats(0, 1e6),
    jitter=st.floats(0, 1),
)


@given(counts, backoffs, st.floats(-1, 1))
def test_a_wait_is_never_negative_and_never_beyond_the_cap_and_its_jitter(
    crashes: int, backoff: Backoff, jitter: float
) -> None:
    assert 0 <= delay(crashes, backoff, jitter) <= max(0.1, backoff.max * (1 + backoff.jitter))


@given(counts, backoffs)
def test_a_further_crash_never_waits_shorter(crashes: int, backoff: Backoff) -> None:
    assert delay(crashes, backoff, 0) <= delay(crashes + 1, backoff, 0)


@given(backoffs, st.floats(-1, 1))
def test_the_first_crash_waits_not_at_all_and_the_second_does(backoff: Backoff, jitter: float) -> None:
    assert delay(1, backoff, jitter) == 0
    assert delay(2, backoff, jitter) >= 0.1


@given(st.integers(2, 10**6), st.floats(0.1, 60))
def test_with_factor_1_each_further_wait_is_the_same(crashes: int, initial: float) -> None:
    assert delay(crashes, Backoff(initial=initial, factor=1, jitter=0), 1) == initial
    assert delay(crashes, Backoff(initial=initial, factor=1), 0) == initial


@pytest.mark.parametrize(("refusals", "wait"), [(1, 0.1), (2, 0.2), (4, 0.8), (5, 1.0), (10**9, 1.0)])
def test_a_refused_start_is_tried_again_soon_and_then_every_second(refusals: int, wait: float) -> None:
    assert refused_delay(refusals, 0) == wait


@given(counts)
def test_f12_a_start_is_tried_again_within_two_seconds_of_the_end_of_a_shortage(refusals: int) -> None:
    assert 0.05 <= refused_delay(refusals, -1) <= refused_delay(refusals, 1) < 2.0


@pytest.mark.parametrize("policy", Restart)
def test_a_process_that_left_for_its_memory_is_replaced_at_once_whatever_restart_says(policy: Restart) -> None:
    before = evolve(declared(Daemon(name="a", factory="a:b", restart=policy), 0), started_at=5.0, crashes=3)
    end = Exit(code=0, signal=None, core=False, reason=Reason.MEMORY, at=6.0)

    assert verdict(before, end, end.at, 1.0) == Retry(evolve(before, crashes=1), 0.0)
