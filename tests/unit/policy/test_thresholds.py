"""How many answers in a row make a verdict."""

from __future__ import annotations

from collections import Counter

import pytest

from udaemon.policy.thresholds import Tally, Thresholds, count, phase


def told(answers: str, *, good: bool, failures: int = 3, successes: int = 1) -> str:
    """Each answer as + or -, and what is passed on of each: the same letter, or a dot for nothing."""
    rules, tally, passed = Thresholds(failures=failures, successes=successes), Tally(ok=good), ""
    for letter in answers:
        tally, news = count(tally, rules, ok=letter == "+", reason=letter)
        passed += letter if news else "."
    return passed


@pytest.mark.parametrize(
    ("answers", "passed"),
    [
        ("+++++", "+...."),
        ("---", "..-"),
        ("--+--+", "..+..."),
        ("---++", "..-+."),
        ("-----", "..-.."),
        ("+--+---", "+.....-"),
    ],
)
def test_health_is_good_until_enough_failures_in_a_row(answers: str, passed: str) -> None:
    assert told(answers, good=True) == passed


@pytest.mark.parametrize(
    ("answers", "successes", "passed"),
    [("--+", 1, "-.+"), ("+", 1, "+"), ("+-++", 2, ".-.+"), ("-+--+++", 3, "-.....+"), ("+---", 1, "+..-")],
)
def test_readiness_is_bad_until_enough_successes_in_a_row(answers: str, successes: int, passed: str) -> None:
    assert told(answers, good=False, successes=successes) == passed


def test_what_is_bad_passes_on_each_new_reason_and_no_reason_twice() -> None:
    rules, tally = Thresholds(failures=3, successes=1), Tally(ok=False)
    passed = []
    for reason in ("connection refused", "connection refused", "HTTP 503", "HTTP 503", "connection refused"):
        tally, news = count(tally, rules, ok=False, reason=reason)
        passed.append(news)
    assert passed == [True, False, True, False, True]


def test_phases_are_spread_over_the_period_and_stay_what_they_are() -> None:
    phases = [phase(f"d{number}/0", 10.0) for number in range(1000)]
    tenths = [sum(int(one) == tenth for one in phases) for tenth in range(10)]
    assert all(60 < many < 140 for many in tenths), tenths
    assert phase("d1/0", 10.0) == phases[1]


@pytest.mark.parametrize("name", ["d{:04}/0", "web-{}/0", "worker/{}"])
def test_phases_of_a_few_that_are_called_alike_are_spread_too(name: str) -> None:
    tenths = Counter(int(phase(name.format(number), 10.0)) for number in range(20))

    assert max(tenths.values()) <= 5
    assert len(tenths) >= 7
