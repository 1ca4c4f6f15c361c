"""Times, lengths and sizes in the few letters that a table has for them.

Knows nothing of what they belong to; now is an argument.
"""

from __future__ import annotations

from datetime import datetime

_UNITS = (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1))


def short(seconds: float) -> str:
    """A length of time: `3ms`, `0.4s`, `12s`, `3m5s`, `2d4h`."""
    if seconds < 0.0995:
        return f"{max(seconds, 0.0) * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    for unit, size, smaller, part in _UNITS:
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size}{unit}{rest}{smaller}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"


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


def size(count: int) -> str:
    """Bytes in binary units: `640K`, `16M`, `1.2G`."""
    value = float(count)
    for unit in ("", "K", "M"):
        if value < 1023.5:
            return f"{value:.0f}{unit}"
        value /= 1024
    return f"{value:.1f}G"
