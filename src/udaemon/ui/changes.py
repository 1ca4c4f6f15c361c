"""What differs between two manifests, as lines for people.

Knows no supervisor and no terminal: JSON in, text out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from udaemon.ui.escape import escape

_COLORS = {"+": "\033[32m", "-": "\033[31m", "~": "\033[33m"}
_PLAIN = "\033[0m"
_EFFECTS = {"live": "changes while it runs", "next start": "changes at its next start", "restart": "restarts"}
_LONGEST = 40
"""Letters of a value that are shown."""
_SHORTEST = 16
"""The same where the terminal has hardly room for it."""
_BEFORE = 8
"""Letters of a long value that are shown before those that differ."""


def lines(changes: Mapping[str, Any], available: int | None = None, *, color: bool = False) -> Iterator[str]:
    """Write one line a daemon and one below it for each key, and a summary; what looks renamed is named.

    Args:
        changes: As `diff` answers them.
        available: Width of the terminal, None where there is none.
        color: Whether to colour.
    """
    for change in changes["manifest"]:
        live, values = change["applies"] == "live", " → ".join(_values(change, _LONGEST))
        effect = " (live)" if live else ": needs udaemon down and udaemon up"
        yield f"{_mark('~' if live else '!', color)} {escape(change['key'])} {values}{effect}\n"
    for name in changes["added"]:
        rests = name in changes.get("resting", ())  # a supervisor of before says nothing of that
        yield f"{_mark('+', color)} {escape(name)} {'does not start by itself' if rests else 'starts'}\n"
    for name in changes["removed"]:
        yield f"{_mark('-', color)} {escape(name)} stops\n"
    for daemon in changes["changed"]:
        yield f"{_mark('~', color)} {escape(daemon['name'])} {_effect(daemon)}\n"
        yield from _keys(daemon["changes"], available)
    for pair in changes["renamed"]:
        yield f"  {escape(pair['before'])} and {escape(pair['after'])} say the same: was it renamed?\n"
    yield _summary(changes) + "\n"


def _effect(daemon: Mapping[str, Any]) -> str:
    """What becomes of a daemon; one that is enabled or disabled has no process to restart, before or after."""
    enabled = next((change["after"] for change in daemon["changes"] if change["key"] == "enabled"), None)
    return _EFFECTS[daemon["applies"]] if enabled is None else "is enabled" if enabled else "is disabled, and stops"


def _keys(changes: Sequence[Mapping[str, Any]], available: int | None) -> Iterable[str]:
    """A key a line, or two where the terminal has no room for both values side by side."""
    widest = max(len(change["key"]) for change in changes)
    room = _LONGEST if available is None else min(_LONGEST, max(_SHORTEST, available - widest - 8))
    for change in changes:
        effect = "" if change["applies"] == "restart" else f"  ({change['applies']})"
        begin, values = f"    {escape(change['key']):<{widest}}  ", _values(change, room)
        line = f"{begin}{' → '.join(values)}{effect}"
        if available is not None and len(line) > available:
            below = f"\n{' ' * (len(begin) - 2)}→ "
            line = f"{begin}{below.join(values)}{effect}"
        yield f"{line}\n"


def _values(change: Mapping[str, Any], room: int) -> Sequence[str]:
    """Both values, or that they are hidden; of long ones the part where they begin to differ."""
    if change["before"] == change["after"]:
        return ("(hidden) is another",)
    before, after = _value(change["before"]), _value(change["after"])
    start = max(0, _alike(before, after) - _BEFORE) if max(len(before), len(after)) > room else 0
    return _part(before, start, room), _part(after, start, room)


def _value(value: object) -> str:
    return "(not set)" if value is None else escape(json.dumps(value, ensure_ascii=False))


def _alike(before: str, after: str) -> int:
    """How many letters both begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))


def _part(text: str, start: int, room: int) -> str:
    text = f"…{text[start:]}" if start else text
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _summary(changes: Mapping[str, Any]) -> str:
    counts = [(len(changes[kind]), kind) for kind in ("added", "removed", "changed") if changes[kind]]
    told = ", ".join(f"{count} {kind}" for count, kind in counts)
    if told:
        return f"{told}, {changes['unchanged']} unchanged"
    return "no daemon differs" if changes["manifest"] else "nothing differs"


def _mark(mark: str, color: bool) -> str:
    return f"{_COLORS.get(mark, _COLORS['-'])}{mark}{_PLAIN}" if color else mark
