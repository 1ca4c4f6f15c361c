"""PHP's ordered array, as far as an ini file can fill one: integer-like keys are integers, `[]` takes the next.

Knows nothing of ini syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONG_MAX = 2**63 - 1
_LONG_MIN = -(2**63)
_INDEX = re.compile(rb"(?:0|-?[1-9][0-9]{0,18})\Z")
_NUMERIC = re.compile(rb"[ \t\n\r\v\f]*([+-]?)(0*)([0-9]+)[ \t\n\r\v\f]*\Z")
_OCTAL = re.compile(rb"[0-7]*")


def index_of(key: bytes) -> int | bytes:
    """The key as PHP's arrays keep it: `5` and `-5` are integers, `05`, `+5` and what is too long are text."""
    if _INDEX.match(key):
        number = int(key)
        if _LONG_MIN <= number <= _LONG_MAX:
            return number
    return key


def array_name(key: bytes) -> int | bytes:
    """The key under which `key[…]=` keeps its array: a looser rule of PHP's, by which `+5` is 5 and `-010` is -8."""
    found = _NUMERIC.match(key)
    if found is None or (len(key) > 1 and key.startswith(b"0")):
        return key
    sign, zeros, digits = found.groups()
    if len(digits) > 19:
        return key
    number = -int(digits) if sign == b"-" else int(digits)
    if not _LONG_MIN <= number <= _LONG_MAX:
        return key
    if not zeros:
        return number
    # With a zero in front it is octal, up to the first digit that is none.
    octal = _OCTAL.match(zeros + digits)
    number = int(octal[0], 8) if octal else 0
    return -number if sign == b"-" else number


class PhpArray:
    """Values by integer or text key in the order in which the keys first came."""

    def __init__(self) -> None:
        self.items: dict[int | bytes, bytes | PhpArray] = {}
        self._next: int | None = None

    def put(self, key: int | bytes, value: bytes | PhpArray) -> None:
        """Set a key; one that is there keeps its place."""
        self.items[key] = value
        if isinstance(key, int) and (self._next is None or key >= self._next):
            self._next = min(key + 1, _LONG_MAX)

    def append(self, value: bytes) -> None:
        """Set the next integer key. After the largest integer there is none, and the value is lost."""
        key = self._next or 0
        if key not in self.items:
            self.put(key, value)

    def leaves(self) -> Iterator[tuple[int | bytes, bytes]]:
        """The texts in it, by key."""
        for key, value in self.items.items():
            if not isinstance(value, PhpArray):
                yield key, value
