"""What the PHP library makes of the texts of sleep, min-sleep, memory-limit and memory-threshold.

Knows nothing of files and manifests. Measured on PHP 8.2; PHP 5 to 7 take 0 where 8 dies.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from udaemon.manifest.measures import format_duration, format_size
from udaemon.units import form

_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_PHP5_HEX = re.compile(r"0[xX]([0-9a-fA-F]+)[ \t\n\r\v\f]*\Z")
_LIMIT = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]*)(.*)\Z", re.DOTALL)
_MULTIPLIERS = {"k": 1024, "m": 1024**2, "g": 1024**3}
_LONG_MAX = 2**63 - 1
_BLANKS = " \t\n\r\v\f"

# usleep() takes 32 bits of microseconds.
_WRAP = 2**32 / 1e6
_LONGEST = 3650 * 86400.0
# What PHP itself takes before it has run anything: a lower limit is refused.
_LEAST_LIMIT = 2 * 1024**2


class Quantity(NamedTuple):
    """A number, None where there is none to go by; what is to be said about it, as (code, sentence) pairs."""

    value: float | None
    remarks: tuple[tuple[str, str], ...] = ()


def number(text: str) -> float | None:
    """The number a text begins with, as PHP's arithmetic has it."""
    found = _NUMBER.match(text)
    return float(found[1]) if found else None


def integer(text: str) -> int:
    """What `(int)` makes of a text: 0 for no number and for an infinite one, the ends of the range beyond them."""
    value = number(text) or 0.0
    return int(max(-_LONG_MAX - 1, min(value, _LONG_MAX))) if math.isfinite(value) else 0


def seconds(text: str, *, empty_is_zero: bool, php5: bool = False) -> Quantity:
    """A pause. `empty_is_zero` for `sleep`, which the library leaves alone when it is empty."""
    if not text and empty_is_zero:
        return Quantity(0.0)
    hexadecimal = _PHP5_HEX.match(text) if php5 else None
    value = float(min(int(hexadecimal[1], 16), _LONG_MAX)) if hexadecimal else number(text)
    if value is None and php5:
        return Quantity(0.0, (("not-a-number", f'"{text}" is no number: PHP 5 took 0'),))
    if value is None or not math.isfinite(value):
        dies = f'"{text}" is no number: the old daemon died after its first run (TypeError, exit 255)'
        return Quantity(None, (("not-a-number", dies),))
    remarks = []
    found = _NUMBER.match(text)
    if not hexadecimal and found and text[found.end() :].strip(_BLANKS):
        took = f'"{text}" is {_plain(value)} {form(value, "second")} to PHP, which takes the number at the front'
        remarks.append(("leading-number", took))
    if value < 0:
        remarks.append(("negative", f"{_plain(value)} seconds is no pause: the library took it for 0"))
        value = 0.0
    if value >= _WRAP:
        real = value % _WRAP
        wrapped = (
            f"{_plain(value)} s is more than PHP's sleep could count: the old daemon really ran every {real:.3f} s; "
            "the written value is kept"
        )
        remarks.append(("wrapped-sleep", wrapped))
    if value > _LONGEST:
        remarks.append(("too-long", f"{_plain(value)} s is beyond {format_duration(_LONGEST)}"))
        return Quantity(None, tuple(remarks))
    return Quantity(value, tuple(remarks))


def percent(text: str) -> Quantity:
    """A memory-threshold."""
    value = number(text)
    if value is None:
        dies = f'"{text}" is no number: with a memory limit the old daemon died after its first run (TypeError)'
        return Quantity(None, (("not-a-number", dies),))
    remarks = []
    if text[_front(text) :].strip(_BLANKS):
        remarks.append(("leading-number", f'"{text}" is {_plain(value)} to PHP'))
    if not 0 <= value <= 100:
        ended = "never ended the old daemon" if value > 100 else "ended the old daemon after every run"
        remarks.append(("beyond-percent", f"{_plain(value)} percent {ended}"))
    return Quantity(min(max(value, 0.0), 100.0), tuple(remarks))


def memory(text: str) -> Quantity:
    """A memory-limit in bytes: -1 for no limit, None where PHP refused it and php.ini's limit stayed in force."""
    limit = _php_limit(text)
    if limit < 0:
        return Quantity(-1)
    if limit < _LEAST_LIMIT:
        refused = f'PHP refuses the limit "{text}" ({limit} bytes is less than it uses): php.ini\'s limit stayed'
        return Quantity(None, (("memory-refused", refused),))
    library = _library_limit(text)
    if library == 0:
        return Quantity(limit, (("memory-zero", f'the library took "{text}" for 0 and died after the first run'),))
    if library != float(limit):
        differs = f'"{text}" is {format_size(limit)} to PHP, but the library compared with ' + (
            "what is never reached" if math.isinf(library) else f"{format_size(round(library))} bytes"
        )
        return Quantity(limit, (("memory-differs", differs),))
    return Quantity(limit)


def _front(text: str) -> int:
    found = _NUMBER.match(text)
    return found.end() if found else 0


def _php_limit(text: str) -> int:
    found = _LIMIT.match(text.strip(_BLANKS))
    if found is None:
        return 0
    sign, digits, rest = found.groups()
    if digits[:1] == "0" and digits[1:2].isdigit():
        octal = re.match("[0-7]*", digits)
        value = int(octal[0], 8) if octal else 0
    elif len(digits) > 66:
        value = _LONG_MAX
    else:
        value = min(int(digits or "0", 0 if digits[1:2].isalpha() else 10), _LONG_MAX)
    value = min(value * _MULTIPLIERS.get(rest[-1:].lower(), 1), _LONG_MAX)
    return -value if sign == "-" else value


def _library_limit(text: str) -> float:
    """The library's own reading: the number at the front times K, M or G at the end."""
    return (number(text) or 0.0) * _MULTIPLIERS.get(text.strip(_BLANKS)[-1:].lower(), 1)


def _plain(value: float) -> str:
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
