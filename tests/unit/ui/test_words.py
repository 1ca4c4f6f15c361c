"""Moments in few letters."""

from udaemon.ui.words import ago, until

NOON = 1_795_521_600.0


def test_moments_are_told_from_now() -> None:
    assert ago("2026-11-24T11:59:48.000Z", NOON) == "12s ago"
    assert ago("2026-11-24T11:59:59.500Z", NOON) == "now"
    assert ago("2026-11-24T12:00:05.000Z", NOON) == "now"
    assert until("2026-11-24T12:00:12.000Z", NOON) == "in 12s"
    assert until("2026-11-24T11:59:59.000Z", NOON) == "now"
