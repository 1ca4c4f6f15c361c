"""Named moments: the earliest counts, each name has one, and nothing changes in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.policy.timers import NO_TIMERS, Timer, Timers

TWO = NO_TIMERS.set(Timer.KILL, 9.0).set(Timer.RETRY, 3.0)


def test_who_waits_for_nothing_is_never_due() -> None:
    assert (NO_TIMERS.earliest(), NO_TIMERS.due(1e12), NO_TIMERS.at(Timer.KILL)) == (None, None, None)


def test_the_earliest_comes_first_in_whatever_order_they_were_set() -> None:
    assert Timers() == NO_TIMERS
    assert NO_TIMERS.set(Timer.RETRY, 3.0).set(Timer.KILL, 9.0) == TWO
    assert (TWO.earliest(), TWO.at(Timer.KILL)) == (3.0, 9.0)


@pytest.mark.parametrize(("now", "due"), [(2.9, None), (3.0, Timer.RETRY), (100.0, Timer.RETRY)])
def test_what_was_due_first_is_due(now: float, due: Timer | None) -> None:
    assert TWO.due(now) is due


def test_a_moment_that_is_cleared_leaves_the_others() -> None:
    assert TWO.clear(Timer.RETRY) == NO_TIMERS.set(Timer.KILL, 9.0)
    assert TWO.clear(Timer.GIVE_UP) == TWO


def test_a_name_has_one_moment_the_last_that_was_set() -> None:
    assert TWO.set(Timer.RETRY, 11.0).earliest() == 9.0
    assert TWO.earliest() == 3.0, "the former is as it was"


@given(st.lists(st.tuples(st.sampled_from(Timer), st.none() | st.floats(0, 100)), max_size=20))
def test_they_are_a_small_table_that_knows_its_least(steps: list[tuple[Timer, float | None]]) -> None:
    timers, table = NO_TIMERS, dict[Timer, float]()
    for name, at in steps:
        if at is None:
            table.pop(name, None)
            timers = timers.clear(name)
        else:
            table[name] = at
            timers = timers.set(name, at)
        assert timers.earliest() == min(table.values(), default=None)
        assert {name: timers.at(name) for name in Timer if timers.at(name) is not None} == table
        assert timers.due(100.0) == min(table, key=lambda one: (table[one], one), default=None)
