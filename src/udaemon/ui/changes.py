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


def lines(changes: Mapping[str, Any], *, color: bool = False) -> Iterator[str]:
    """Write one line a daemon and one below it for each key, and a summary; what looks renamed is named."""
    for change in changes["manifest"]:
        live = change["applies"] == "live"
        effect = " (live)" if live else ": needs udaemon down and udaemon up"
        yield f"{_mark('~' if live else '!', color)} {escape(change['key'])} {_values(change)}{effect}\n"
    for name in changes["added"]:
        yield f"{_mark('+', color)} {escape(name)} starts\n"
    for name in changes["removed"]:
        yield f"{_mark('-', color)} {escape(name)} stops\n"
    for daemon in changes["changed"]:
        yield f"{_mark('~', color)} {escape(daemon['name'])} {_effect(daemon)}\n"
        yield from _keys(daemon["changes"])
    for pair in changes["renamed"]:
        yield f"  {escape(pair['before'])} and {escape(pair['after'])} say the same: was it renamed?\n"
    yield _summary(changes) + "\n"


def _effect(daemon: Mapping[str, Any]) -> str:
    """What becomes of a daemon; one that is enabled or disabled has no process to restart, before or after."""
    enabled = next((change["after"] for change in daemon["changes"] if change["key"] == "enabled"), None)
    return _EFFECTS[daemon["applies"]] if enabled is None else "is enabled" if enabled else "is disabled, and stops"


def _keys(changes: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    widest = max(len(change["key"]) for change in changes)
    for change in changes:
        effect = "" if change["applies"] == "restart" else f"  ({change['applies']})"
        yield f"    {escape(change['key']):<{widest}}  {_values(change)}{effect}\n"


def _values(change: Mapping[str, Any]) -> str:
    if change["before"] == change["after"]:
        return "(hidden) is another"
    return f"{_value(change['before'])} → {_value(change['after'])}"


def _value(value: object) -> str:
    if value is None:
        return "(not set)"
    text = escape(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _summary(changes: Mapping[str, Any]) -> str:
    counts = [(len(changes[kind]), kind) for kind in ("added", "removed", "changed") if changes[kind]]
    told = ", ".join(f"{count} {kind}" for count, kind in counts)
    if told:
        return f"{told}, {changes['unchanged']} unchanged"
    return "no daemon differs" if changes["manifest"] else "nothing differs"


def _mark(mark: str, color: bool) -> str:
    return f"{_COLORS.get(mark, _COLORS['-'])}{mark}{_PLAIN}" if color else mark
