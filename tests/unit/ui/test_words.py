"""Lengths, moments and sizes in few letters."""

import pytest

from udaemon.ui.words import ago, short, size, until

NOON = 1_795_521_600.0


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1.0, "0ms"),
        (0.0, "0ms"),
        (0.0034, "3ms"),
        (0.0994, "99ms"),
        (0.0996, "0.1s"),
        (0.44, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m"),
        (65, "1m5s"),
        (3600, "1h"),
        (3661, "1h1m"),
        (86399.6, "1d"),
        (180000, "2d2h"),
    ],
)
def test_a_length_has_at_most_two_units(seconds: float, shown: str) -> None:
    assert short(seconds) == shown


def test_moments_are_told_from_now() -> None:
    assert ago("2026-11-24T11:59:48.000Z", NOON) == "12s ago"
    assert ago("2026-11-24T11:59:59.500Z", NOON) == "now"
    assert ago("2026-11-24T12:00:05.000Z", NOON) == "now"
    assert until("2026-11-24T12:00:12.000Z", NOON) == "in 12s"
    assert until("2026-11-24T11:59:59.000Z", NOON) == "now"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (1023, "1023"), (1024, "1K"), (17_000_000, "16M"), (2**30 - 1, "1.0G"), (5 * 2**40, "5120.0G")],
)
def test_sizes_are_binary(count: int, shown: str) -> None:
    assert size(count) == shown
