"""The integer arithmetic PHP does with `| & ^ ~ !` in a bare value: C's `atoi` and 32-bit ints, in text and out.

Knows nothing of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from udaemon.migrate.ustream.tokens import Kind

_NUMBER = re.compile(rb"[ \t\n\v\f\r]*([+-]?)0*([0-9]+)")
_LONG_MAX = 2**63 - 1

_BINARY: dict[Kind, Callable[[int, int], int]] = {
    Kind.OR: int.__or__,
    Kind.AND: int.__and__,
    Kind.XOR: int.__xor__,
}


def to_int(text: bytes) -> int:
    """The number a text begins with, as glibc's `atoi` has it: a 64-bit `strtol` cut to 32 bits; 0 for none."""
    found = _NUMBER.match(text)
    if found is None:
        return 0
    sign, digits = found.groups()
    # 20 digits are beyond any long; int() of a long text is not linear.
    value = int(digits) if len(digits) < 20 else 2**64
    value = max(-value, -_LONG_MAX - 1) if sign == b"-" else min(value, _LONG_MAX)
    return _wrap(value)


def _wrap(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def binary(operator: Kind, left: bytes, right: bytes) -> bytes:
    """`left | right` and the like."""
    return b"%d" % _wrap(_BINARY[operator](to_int(left), to_int(right)))


def unary(operator: Kind, operand: bytes) -> bytes:
    """`~operand` or `!operand`."""
    value = to_int(operand)
    return b"%d" % (~value if operator is Kind.COMPLEMENT else int(not value))
