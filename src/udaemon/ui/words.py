"""Moments in the few letters that a table has for them.

Knows nothing of what they belong to; now is an argument.
"""

from __future__ import annotations

from datetime import datetime

from udaemon.units import short


def moment(stamp: str) -> float:
    """Seconds of wall time of an RFC 3339 stamp."""
    return datetime.fromisoformat(stamp).timestamp()


def ago(stamp: str, now: float) -> str:
    """How long ago a moment was: `12s ago`."""
    passed = now - moment(stamp)
    return "now" if passed < 1.0 else f"{short(passed)} ago"


def until(stamp: str, now: float) -> str:
    """How far off a moment is: `in 12s`, or `now` when it has come."""
    left = moment(stamp) - now
    return "now" if left <= 0.0 else f"in {short(left)}"
