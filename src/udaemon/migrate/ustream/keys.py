"""The keys the PHP library reads from an ini file, and the nearest one to a key it does not read.

Knows nothing of values.
"""

from __future__ import annotations

from difflib import get_close_matches

KNOWN = (
    "factory",
    "sleep",
    "min-sleep",
    "memory-limit",
    "memory-threshold",
    "log-dir",
    "common-log",
    "instance",
)

# Keys of the library's command line that it looks for nowhere else.
WITHOUT_EFFECT = ("id", "config", "help")

_LONGEST = 40


def nearest(key: str) -> str | None:
    """The key that was meant, if one looks like it."""
    if len(key) > _LONGEST:
        return None
    plain = "-".join("".join(char if char.isalnum() else " " for char in key.lower()).split())
    found = get_close_matches(plain, KNOWN, n=1, cutoff=0.76)
    return found[0] if found else None
