"""The values of `except`, `from` and `until`: dates, moments and ranges, as they are meant in a daemon's time zone.

Knows no zone and no file: an item that names a calendar is filled in by `calendars.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from udaemon.manifest.problems import Wrong
from udaemon.manifest.values import REFERENCE, Schema, Unchanged, wrong_type
from udaemon.manifest.wording import shown

Span = tuple[datetime, datetime]
"""From a moment on, and up to another one."""

_MOMENT = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
_PATTERN = rf"^(?:{_MOMENT}(?:\.\.{_MOMENT})?|.+\.[iI][cC][sS])$"
_FORMS = 'write a date such as "2026-12-25", a range such as "2026-12-24..2027-01-02", or the name of an .ics file'
_FORM = 'write a date such as "2026-12-25", or a moment such as "2026-12-25T18:00"'


class Exclusion(NamedTuple):
    """One item of `except` as it is written; `events` are what a calendar has, from and to, in ISO 8601."""

    text: str
    events: tuple[tuple[str, str], ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it names a calendar."""
        return self.text.lower().endswith(".ics")

    def at(self, absolute: Callable[[str], str]) -> Exclusion:
        """The same, where a name of a file is absolute."""
        return self._replace(text=absolute(self.text)) if self.is_file else self

    def spans(self) -> tuple[Span, ...]:
        """When nothing is due; a moment without an offset is in the daemon's zone."""
        if self.is_file:
            return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in self.events)
        first, _, last = self.text.partition("..")
        return ((start_of(first), end_of(last or first)),)


def start_of(text: str) -> datetime:
    """Where a date or a moment begins."""
    return datetime.fromisoformat(text)


def end_of(text: str) -> datetime:
    """Where a date ends; a moment has no length."""
    start = datetime.fromisoformat(text)
    return start + timedelta(days=1) if len(text) == len("2026-12-25") else start


class Moment(Unchanged):
    """A date or a moment."""

    words = "date or moment"

    def parse(self, value: object) -> str:
        """Take one that is in the calendar."""
        if not isinstance(value, str):
            raise wrong_type("a date", value, _written(value) or _FORM)
        if not re.fullmatch(_MOMENT, value) or not _is_real(value):
            raise Wrong("bad-date", f"{shown(value)} is no date", _FORM)
        return value

    def schema(self) -> Schema:
        """Describe the form."""
        return {"anyOf": [{"type": "string", "pattern": f"^{_MOMENT}$"}, REFERENCE]}


class ExclusionItem:
    """A date, a range of dates or moments, or the name of a calendar."""

    words = "date, range or .ics file"

    def parse(self, value: object) -> Exclusion:
        """Take one of the three."""
        if not isinstance(value, str):
            raise wrong_type("a date", value, _written(value) or _FORMS)
        found = Exclusion(value)
        if found.is_file and len(value) > len(".ics"):
            return found
        first, dots, last = value.partition("..")
        parts = [first, last] if dots else [first]
        if not re.fullmatch(_PATTERN, value) or not all(map(_is_real, parts)):
            raise Wrong("bad-date", f"{shown(value)} is no date and no range", _FORMS)
        if end_of(parts[-1]) <= start_of(first):
            raise Wrong("bad-date", f"{shown(value)} ends before it begins", f'write "{last}..{first}"')
        return found

    def dump(self, value: Exclusion) -> str:
        """Write the text."""
        return value.text

    def schema(self) -> Schema:
        """Describe the forms."""
        return {"anyOf": [{"type": "string", "pattern": _PATTERN}, REFERENCE]}


def _is_real(text: str) -> bool:
    try:
        end_of(text)
    except (ValueError, OverflowError):
        return False
    return True


def _written(value: object) -> str | None:
    """What to write for a date that TOML or YAML has read as one."""
    return f'put it in quotes: "{value.isoformat()}"' if isinstance(value, date) else None
