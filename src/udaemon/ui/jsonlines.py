"""Lines of logs and events as JSON, one object a line, for whoever collects the output of a container.

Knows no file and no daemon. A line of a log has `line`, an event has `event`; both have `name` and `instance`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.logs.entries import Entry
from udaemon.logs.tail import LogSource


def lines(come: Sequence[tuple[LogSource, Entry]]) -> bytes:
    """The bytes to write for these lines, with the keys that the logger writes with `log.format = "json"`.

    They are `time` (null where none was kept), `name`, `instance` and `line`.
    """
    return b"".join([record(_of(source, entry)) for source, entry in come])


def record(told: Mapping[str, Any]) -> bytes:
    """The bytes to write for one object: an event as `events --json` has it, or a line of a log."""
    return json.dumps(told).encode() + b"\n"


def _of(source: LogSource, entry: Entry) -> dict[str, Any]:
    return {
        "time": entry.stamp.decode() or None,
        "name": source.name,
        "instance": entry.instance if source.instances > 1 else 0,
        "line": entry.text.decode("utf-8", "backslashreplace"),
    }
