"""Reads the calendars that `except` names: the events of an iCalendar file (RFC 5545), each with its begin and end.

Knows no schedule. Of an event only DTSTART, DTEND and DURATION count, which is why no library is loaded for it. An
event that is repeated by a rule would need one and is refused: half of a holiday calendar would be worse than none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from attrs import evolve

from udaemon.manifest.exclusions import Exclusion
from udaemon.manifest.merge import Tree
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.regular import Refused, read_regular

MOST = 1000
"""Events of a file: a process is told all of them."""

_DURATION = re.compile(r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")


class BadCalendar(Exception):
    """What is wrong with a calendar, in words that follow its name, and in which line of it."""

    def __init__(self, message: str, hint: str | None = None, *, key: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.key = key
        self.line: int | None = None


class Calendars:
    """Reads each calendar once, and notes what is wrong with it at the item that names it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.known: dict[str, tuple[tuple[str, str], ...] | BadCalendar] = {}

    def fill(self, manifest: Manifest, top: Tree) -> Manifest:
        """Return the manifest with the events of each calendar that it names."""
        named = {name: self._filled(daemon, top) for name, daemon in manifest.daemons.items() if _has_calendar(daemon)}
        return evolve(manifest, daemons={**manifest.daemons, **named}) if named else manifest

    def _filled(self, daemon: Daemon, top: Tree) -> Daemon:
        path: Path = ("daemons", daemon.name, "except")
        own = top["daemons"].get(daemon.name, {}).get("except")
        items = [
            self._item(one, (*path, at) if isinstance(own, list) else path) for at, one in enumerate(daemon.exclusions)
        ]
        return evolve(daemon, exclusions=tuple(items))

    def _item(self, item: Exclusion, path: Path) -> Exclusion:
        if not item.is_file:
            return item
        if item.text not in self.known:
            self.known[item.text] = _read(item.text)
        found = self.known[item.text]
        if isinstance(found, BadCalendar):
            line = f":{found.line}" if found.line else ""
            message = f"{os.path.basename(item.text)}{line} {found}"
            self.findings.append(Finding("bad-calendar", message, found.hint, path))
            return item
        return item._replace(events=found)


def events(text: str) -> Iterator[tuple[datetime, datetime]]:
    """The events of a calendar.

    Raises:
        BadCalendar: It is none, or has something that cannot be told.
    """
    lines = list(_unfolded(text))
    if not lines or lines[0][1].upper().strip() != "BEGIN:VCALENDAR":
        raise BadCalendar("is no iCalendar file", "it begins with BEGIN:VCALENDAR")
    event: dict[str, tuple[str, str]] | None = None
    nested, places = 0, dict[str | None, int]()
    for number, line in lines:
        head, _, value = line.partition(":")
        name, _, parameters = head.upper().partition(";")
        if name == "BEGIN" and event is not None:
            nested += 1
        elif name == "END" and nested:
            nested -= 1
        elif name == "BEGIN" and value.upper() == "VEVENT":
            event, places = {}, {None: number}
        elif name == "END" and value.upper() == "VEVENT" and event is not None:
            try:
                yield _span(event)
            except BadCalendar as bad:
                bad.line = places[bad.key]
                raise
            event = None
        elif event is not None and not nested:
            event[name] = (head.partition(";")[2], value) if parameters else ("", value)
            places[name] = number


def _has_calendar(daemon: Daemon) -> bool:
    return any(one.is_file for one in daemon.exclusions)


def _read(file: str) -> tuple[tuple[str, str], ...] | BadCalendar:
    try:
        found = sorted({(start.isoformat(), end.isoformat()) for start, end in events(read_regular(file).decode())})
    except Refused as refused:
        return BadCalendar(refused.message, refused.hint)
    except UnicodeDecodeError:
        return BadCalendar("is not UTF-8")
    except BadCalendar as bad:
        return bad
    if len(found) > MOST:
        return BadCalendar(f"has more than {MOST} events", "leave out those that are over")
    return tuple(found)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines by their numbers; one that begins with a blank goes on with the one before."""
    number, line = 0, ""
    for at, part in enumerate(text.splitlines(), 1):
        if part[:1] in (" ", "\t"):
            line += part[1:]
            continue
        if line:
            yield number, line
        number, line = at, part
    if line:
        yield number, line


def _span(event: dict[str, tuple[str, str]]) -> tuple[datetime, datetime]:
    for rule in ("RRULE", "RDATE"):
        if rule in event:
            what = event.get("SUMMARY", ("", "an event"))[1]
            hint = "export it with each date of its own, or write the dates in except"
            raise BadCalendar(f"repeats {what[:60]!r} by {rule}, which is not read", hint, key=rule)
    if "DTSTART" not in event:
        raise BadCalendar("has an event without DTSTART")
    start, whole_day = _moment(*event["DTSTART"])
    try:
        if "DTEND" in event:
            end = _moment(*event["DTEND"])[0]
        elif "DURATION" in event:
            end = start + _length(event["DURATION"][1])
        else:
            end = start + timedelta(days=1 if whole_day else 0)
    except OverflowError:
        raise BadCalendar(f"has an event that ends after the year 9999: {event['DTSTART'][1][:40]}") from None
    try:
        before = end < start
    except TypeError:
        raise BadCalendar("has an event that begins in a time zone and ends in none") from None
    if before:
        raise BadCalendar(f"has an event that ends before it begins: {event['DTSTART'][1][:40]}")
    return start, end


def _moment(parameters: str, value: str) -> tuple[datetime, bool]:
    """A moment and whether it is a whole day; without a zone it floats, which is in the daemon's zone."""
    try:
        if len(value) == len("20261225"):
            return datetime.strptime(value, "%Y%m%d"), True  # noqa: DTZ007 - floating
        zone = UTC if value.endswith("Z") else _zone(parameters)
        return datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone), False
    except ValueError:
        raise BadCalendar(f"has a moment that is none: {value[:40]}") from None


def _zone(parameters: str) -> tzinfo | None:
    named: Iterable[str] = (one[5:] for one in parameters.split(";") if one.upper().startswith("TZID="))
    name = next(iter(named), "").strip('"')
    if not name:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise BadCalendar(f"has an event in the time zone {name[:40]!r}, which is not known") from None


def _length(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None or found[1] == "-":
        raise BadCalendar(f"has an event of the duration {text[:40]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
