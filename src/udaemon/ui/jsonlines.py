"""Lines of logs and events as JSON, one object a line, for whoever collects the output of a container.

Knows no file and no daemon. A line of a log has `line`, an event has `event`; both have `name` and `instance`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.logs.entries import Entry
from udaemon.logs.tail import LogSource


class JsonLines:
    """Makes lines to show, with the keys that the logger writes with `log.format = "json"`."""

    def shown(self, lines: Sequence[tuple[LogSource, Entry]]) -> bytes:
        """The bytes to write for these lines: `time` (null where none was kept), `name`, `instance`, `line`."""
        return b"".join([_record(_of(source, entry)) for source, entry in lines])


def event(told: Mapping[str, Any]) -> bytes:
    """The bytes to write for an event, which is as `events --json` has it."""
    return _record(told)


def _of(source: LogSource, entry: Entry) -> dict[str, Any]:
    return {
        "time": entry.stamp.decode() or None,
        "name": source.name,
        "instance": entry.instance if source.instances > 1 else 0,
        "line": entry.text.decode("utf-8", "backslashreplace"),
    }


def _record(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"
