"""A line of a log file taken apart: when it was captured, which copy wrote it, what it says.

Knows no file. What a line does not have is None or empty: a log may be without stamps, and its format may have changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from udaemon.logs.format import GOES_ON

_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_PLAIN = re.compile(rb"(?:(%b) )?(?:\[(\d{1,6})\] )?" % _STAMP)
_TAG = re.compile(rb"\[(\d{1,6})\] ")
_JSON = re.compile(
    rb'\{(?:"time":"(%b)",)?"name":"[a-z0-9_-]+",(?:"instance":(\d{1,6}),)?"line":'
    rb'("(?:[^"\\\x00-\x1f\x7f-\xff]|\\["\\bfnrt]|\\u[0-9a-f]{4})*")(,"partial":true)?\}' % _STAMP
)
"""Just what the logger writes, to the last byte: an object with other keys, or other blanks, is no record of ours."""

_LEGACY = re.compile(rb"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d) p \[\d{1,10}\] (?:(\d{1,6})> )?")


class Entry(NamedTuple):
    """One line.

    Attributes:
        stamp: Time of capture as it stands in the file (RFC 3339, so that it sorts as bytes); empty where it has none.
        instance: The copy that wrote it, None where that is not told.
        text: What was written, without the end of line.
    """

    stamp: bytes
    instance: int | None
    text: bytes


def parse(line: bytes, *, tagged: bool, prefixed: bool = True) -> Entry:
    """Take a line apart.

    Args:
        line: Without its end.
        tagged: Several copies write to the file; only then is a number in brackets a tag and no text.
        prefixed: The logger begins each line with a time, or writes it as JSON or as the legacy library did. Else the
            line begins with what the daemon wrote, which may look like anything, and nothing but the tag is taken off.
    """
    if not prefixed:
        found = _TAG.match(line) if tagged else None
        return Entry(b"", None, line) if found is None else Entry(b"", int(found[1]), line[found.end() :])
    if line[:1] == b"{" and (found := _JSON.fullmatch(line)) is not None:
        from json import loads  # only for logs that are kept as JSON

        text = loads(found[3]).encode("utf-8", "surrogatepass")
        return Entry(found[1] or b"", _number(found[2]), text + GOES_ON if found[4] else text)
    if line[2:3] == b"/" and (found := _LEGACY.match(line)) is not None:
        month, day, year, clock, number = found.groups()
        text = line[found.end() :] if tagged else line[found.end(4) :].partition(b"] ")[2]
        return Entry(b"%b-%b-%bT%b.000Z" % (year, month, day, clock), _number(number) if tagged else None, text)
    found = _PLAIN.match(line)
    if found is None:
        return Entry(b"", None, line)
    if tagged:
        return Entry(found[1] or b"", _number(found[2]), line[found.end() :])
    return Entry(found[1] or b"", None, line[25:] if found[1] else line)


def keyed(entries: Iterable[Entry]) -> Iterator[tuple[bytes, Entry]]:
    """Each entry with what merges it among those of other logs: a stamp that never goes back within one log."""
    key = b""
    for entry in entries:
        key = max(key, entry.stamp)
        yield key, entry


def stamp_of(moment: float) -> bytes:
    """A time in seconds since the epoch as stamps have it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode() + b"Z"


def _number(digits: bytes | None) -> int | None:
    return None if digits is None else int(digits)
