"""Durations and sizes as people write them, and back.

Knows no key: bounds and the meaning of "no limit" belong to the value types.
"""

from __future__ import annotations

import re

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
DURATION_PATTERN = rf"^(?:{NUMBER}|(?=[0-9])(?:{NUMBER}d)?(?:{NUMBER}h)?(?:{NUMBER}m)?(?:{NUMBER}s)?(?:{NUMBER}ms)?)$"
SIZE_PATTERN = rf"^(?:[0-9]+|{NUMBER}(?:[KkMmGgTt]|[KMGT]iB|[kKMGT]B))$"

_DURATION = re.compile(DURATION_PATTERN[1:-1])
_SIZE = re.compile(SIZE_PATTERN[1:-1])
_PART = re.compile(rf"({NUMBER})([a-zA-Z]*)")
_LOOSE = re.compile(rf"({NUMBER})\s*([a-zA-Z]*)[\s,]*")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "": 1.0}
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
_WORDS = {
    "d": ("day", "days"),
    "h": ("hr", "hrs", "hour", "hours"),
    "m": ("min", "mins", "minute", "minutes"),
    "s": ("sec", "secs", "second", "seconds"),
    "ms": ("msec", "millis", "millisecond", "milliseconds"),
}
_LONGEST_TEXT = 64

LONGEST_DURATION = 3650 * 86400.0
"""Seconds; a duration beyond ten years is a slip of the pen."""


def parse_duration(text: str) -> float | None:
    """Read "500ms", "1m30s" or "5" as seconds; None for what is no duration."""
    if len(text) > _LONGEST_TEXT or not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def parse_size(text: str) -> int | None:
    """Read "256M", "64KiB", "5MB" or "1024" as bytes; None for what is no size. K, M, G, T are binary, MB decimal."""
    if len(text) > _LONGEST_TEXT or not _SIZE.fullmatch(text):
        return None
    part = _PART.match(text)
    assert part is not None
    number, unit = part.groups()
    if not unit:
        return int(number)
    base = 1000 if len(unit) == 2 else 1024
    return round(float(number) * float(base ** _POWERS[unit[0].upper()]))


def format_duration(seconds: float) -> str:
    """Write seconds so that `parse_duration` reads the very same number."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    text = repr(float(seconds)).removesuffix(".0")
    if "e" in text:
        from decimal import Decimal  # every process of ours loads this module, and no manifest needs this

        text = format(Decimal(text), "f")
    return f"{text}s"


def format_size(size: int) -> str:
    """Write bytes so that `parse_size` reads the very same number."""
    for unit, power in reversed(_POWERS.items()):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def near_duration(text: str) -> str | None:
    """Guess the right form of a duration such as "5 minutes" or "1h 30min"."""
    units = {word: unit for unit, words in _WORDS.items() for word in (unit, *words)}
    guess, end = "", 0
    for part in _LOOSE.finditer(text.strip()):
        unit = units.get(part.group(2).lower())
        if part.start() != end or unit is None:
            return None
        guess, end = guess + part.group(1) + unit, part.end()
    return guess if end == len(text.strip()) and parse_duration(guess) is not None else None


def near_size(text: str) -> str | None:
    """Guess the right form of a size such as "256 megabytes" or "1 GB"."""
    part = re.fullmatch(rf"({NUMBER})\s*([KkMmGgTt])\w*", text.strip())
    if part is None:
        return None
    decimal = re.search(r"[Bb]$", text.strip()) is not None and not text.strip().lower().endswith("ib")
    return part.group(1) + part.group(2).upper() + ("B" if decimal else "")
