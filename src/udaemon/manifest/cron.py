"""Cron lines as text: what is wrong with one and in which field, and what `H` and the `@` words stand for.

Knows no clock and no time zone; when a line comes due is `policy/calendar.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from udaemon.units import counted

WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""What stands for a whole line."""

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HASH = re.compile(r"H(?:\((\d+)-(\d+)\))?(?:/(\d+))?")
_FORM = "write five fields: minute, hour, day of the month, month, day of the week"


class _Field(NamedTuple):
    """One of the five. `spread` is the greatest number that `H` may be: every month has 28 days."""

    name: str
    low: int
    high: int
    spread: int
    names: tuple[str, ...] = ()
    first: int = 0


_FIELDS = (
    _Field("minute", 0, 59, 59),
    _Field("hour", 0, 23, 23),
    _Field("day of the month", 1, 31, 28),
    _Field("month", 1, 12, 12, tuple(_MONTHS), 1),
    _Field("day of the week", 0, 7, 6, tuple(_DAYS), 0),
)


class BadCron(ValueError):
    """What is wrong with a line, and how many letters before that stand in it."""

    def __init__(self, message: str, hint: str | None = None, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.offset = offset


def check(line: str) -> None:
    """Look at a whole line.

    Raises:
        BadCron: It is none, or no day is what it asks for.
    """
    resolve(line, 0)


def resolve(line: str, seed: int) -> str:
    """Write a line with numbers only: five fields without names, `@` words and `H`.

    Args:
        line: As it is written.
        seed: What `H` is drawn from: who has the same number runs at the same time.

    Raises:
        BadCron: It is no such line.
    """
    text = line.strip()
    if text.startswith("@"):
        return _word(text.lower())
    parts = [(found.start(), found[0]) for found in re.finditer(r"\S+", line)]
    if len(parts) != len(_FIELDS):
        raise BadCron(f"has {counted(len(parts), 'field')}", _FORM + _of_six(len(parts)), parts[-1][0] if parts else 0)
    resolved: list[str] = []
    for field, (offset, part) in zip(_FIELDS, parts, strict=True):
        terms: list[str] = []
        for place, term in _terms(part):
            terms.append(_term(field, term.upper(), offset + place, seed))
            seed //= field.spread + 1
        resolved.append(",".join(terms))
    _check_day(resolved, parts[2][0])
    return " ".join(resolved)


def _word(text: str) -> str:
    if text in WORDS:
        return WORDS[text]
    if text == "@reboot":
        raise BadCron("@reboot is no time", "write run-on-start = true")
    if text.startswith("@every"):
        raise BadCron("@every is a period", f'write sleep = "{text[6:].strip() or "5m"}" in place of cron')
    raise BadCron(f"{text[:20]} is no word for a time", f"known are {', '.join(WORDS)}")


def _of_six(count: int) -> str:
    return "; for seconds there is sleep" if count == len(_FIELDS) + 1 else ""


def _terms(part: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for term in part.split(","):
        yield offset, term
        offset += len(term) + 1


def _term(field: _Field, term: str, offset: int, seed: int) -> str:
    """One of the terms that commas part."""
    if term.startswith("H"):
        return _hashed(field, term, offset, seed)
    if field.name == "day of the month" and term in ("L", "LW"):
        return term
    if field.name == "day of the week" and (found := re.fullmatch(r"(\w+?)(L|#[1-5])", term)):
        return f"{_number(field, found[1], offset)}{found[2]}"
    base, slash, step = term.partition("/")
    if slash and (not _is_number(step) or not int(step)):
        raise BadCron(
            f"{_shown(step)} is no step for the {field.name}", "write a number from 1 behind the slash", offset
        )
    if base == "*":
        return term
    if base == "?":
        raise BadCron(f"? is no {field.name}", "write *", offset)
    first, dash, last = base.partition("-")
    low = _number(field, first, offset)
    if not dash:
        return f"{low}{slash}{step}"
    high = _number(field, last, offset)
    if field.names and field.high == 7 and high == 0 and low:
        high = 7  # from Friday to Sunday
    if high < low:
        names = field.names or None
        ends = (names[-1], names[0]) if names and not _is_number(first) else (str(field.high), str(field.low))
        raise BadCron(
            f"the {field.name} {base.lower()} goes backwards", f"write {first}-{ends[0]},{ends[1]}-{last}", offset
        )
    return str(low) if low == high else f"{low}-{high}{slash}{step}"


def _hashed(field: _Field, term: str, offset: int, seed: int) -> str:
    found = _HASH.fullmatch(term)
    if found is None:
        raise BadCron(f"{_shown(term)} is no {field.name}", "write H, H/15, H(0-29) or H(0-29)/10", offset)
    low, high = (field.low, field.spread) if found[1] is None else (int(found[1]), int(found[2]))
    if not field.low <= low <= high <= field.high:
        raise BadCron(f"{_shown(term)} is out of range", f"the {field.name} is {field.low} to {field.high}", offset)
    if found[3] is None:
        return str(low + seed % (high - low + 1))
    step = int(found[3])
    if not 1 <= step <= high - low + 1:
        raise BadCron(f"{_shown(found[3])} is no step for the {field.name}", "write a smaller number from 1", offset)
    first = low + seed % step
    return str(first) if first == high else f"{first}-{high}/{step}"


def _number(field: _Field, text: str, offset: int) -> int:
    if text in field.names:
        return field.names.index(text) + field.first
    among = f"{field.low} to {field.high}" + (f", or {field.names[0]} to {field.names[-1]}" if field.names else "")
    if not _is_number(text):
        raise BadCron(f"{_shown(text)} is no {field.name}", f"write {among}", offset)
    if not field.low <= int(text) <= field.high:
        raise BadCron(f"the {field.name} {_shown(text)} is out of range", f"write {among}", offset)
    return int(text)


def _check_day(parts: list[str], offset: int) -> None:
    """A day that no month of the line has never comes; where either day will do, the other one may."""
    days, months, week = parts[2:]
    if "L" in days or not week.startswith("*"):
        return
    longest = max(_LENGTHS[month - 1] for month in _numbers(_FIELDS[3], months))
    if min(_numbers(_FIELDS[2], days)) > longest:
        raise BadCron(f"no month of it has a day {days}", "write another day, or L for the last one", offset)


def _numbers(field: _Field, terms: str) -> Iterator[int]:
    for term in terms.split(","):
        base, slash, step = term.partition("/")
        first, dash, last = base.partition("-")
        low = field.low if base == "*" else int(first)
        high = field.high if base == "*" or (slash and not dash) else int(last) if dash else low
        yield from range(low, high + 1, int(step or 1))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5


def _shown(text: str) -> str:
    return text[:20].lower() if text else "nothing"
