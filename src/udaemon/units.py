"""Numbers as people read them: lengths of time and sizes, rounded and with a unit, and how many there are of what.

Knows nothing of what they belong to, and imports nothing. What is written to be read back, as a manifest's `1m30s` and
`256M`, is `manifest/measures.py`.
"""

from __future__ import annotations

_STEPS = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))
_LETTERS = str.maketrans({"i": None, "n": None, " ": None})
"""Leaves the first letter of "min", and no blanks."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """So many of something: `1 line`, `2 lines`, `0 tries`."""
    return f"{number} {form(number, noun, plural)}"


def output(lines: int, size: int) -> str:
    """So much of a log: `2 lines (80 bytes)`."""
    return f"{counted(lines, 'line')} ({counted(size, 'byte')})"


def form(number: float, one: str, plural: str | None = None) -> str:
    """The form of a noun that goes with a number, by itself: where the two are not side by side, or look otherwise."""
    return one if number == 1 else plural or f"{one}s"


def seconds(value: float) -> str:
    """A length of time in one unit, for a sentence that may name a setting: `0.25 s`, `10 s`, `3600 s`."""
    return f"{value:.0f} s" if value >= 100 else f"{value:.3g} s"


def length(value: float) -> str:
    """A length of time in at most two units, for a sentence: `0.4 s`, `12 s`, `3 min 5 s`, `2 d 4 h`."""
    if value < 9.95:
        return f"{max(value, 0.0):.1f} s"
    whole = round(value)
    for unit, size, smaller, part in _STEPS:
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit} {rest} {smaller}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def short(value: float) -> str:
    """A length of time in the few letters that a table has for it: `3ms`, `0.4s`, `12s`, `3m5s`, `2d4h`."""
    if value < 0.0995:
        return f"{max(value, 0.0) * 1000:.0f}ms"
    return length(value).translate(_LETTERS)


def size(count: int) -> str:
    """Bytes in binary units: `640K`, `16M`, `1.2G`."""
    value = float(count)
    for unit in ("", "K", "M"):
        if value < 1023.5:
            return f"{value:.0f}{unit}"
        value /= 1024
    return f"{value:.1f}G"


def mebibytes(count: int) -> str:
    """Bytes beside others that they are compared with: `70.0M`."""
    return f"{count / 1024**2:.1f}M"
