"""How lengths of time are put for people: in answers, tables and lines.

Knows nothing of what took so long. Imports nothing, for clients use it too.
"""

from __future__ import annotations


def length(seconds: float) -> str:
    """How long something took, in at most two units: `0.4 s`, `12 s`, `3 min 5 s`, `2 d 4 h`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit} {rest} {smaller}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"
