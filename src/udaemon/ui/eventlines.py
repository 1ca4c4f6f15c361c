"""Events in the foreground of `up`: which of them somebody who watches the logs wants to see, and how they look.

Knows no terminal: JSON in, text out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from udaemon.ui.area import Line
from udaemon.ui.escape import escape
from udaemon.ui.table import LEAST_NAME, Cell, cut

_SHOWN = frozenset(
    {
        "exited",
        "failed",
        "held-up",
        "killing",
        "log",
        "lost",
        "recovered",
        "refused",
        "restarting",
        "started",
        "stopped",
        "unkillable",
        "warning",
    }
)
_MARKS = {
    "running": ("✔", "green"),
    "started": ("✔", "green"),
    "exited": ("✔", "dim"),
    "stopped": ("✔", "dim"),
    "disabled": ("·", "dim"),
    "backoff": ("↻", "yellow"),
    "restarting": ("↻", "yellow"),
    "failed": ("✘", "red"),
    "killing": ("✘", "red"),
    "lost": ("✘", "red"),
    "unkillable": ("✘", "red"),
    "refused": ("✘", "red"),
}


def is_shown(event: Mapping[str, Any]) -> bool:
    """Whether it is told; the end of one that was asked to stop is told by `stopped` and not twice."""
    if event["event"] == "exited" and event["data"].get("state") == "stopped":
        return False
    return event["event"] in _SHOWN


def is_bad(event: Mapping[str, Any]) -> bool:
    """Whether it is told even to those who want to hear of failures only."""
    return event["event"] in {"failed", "lost", "unkillable"}


def text(event: Mapping[str, Any]) -> str:
    """The event in a plain line."""
    who = "" if event["name"] is None else f"{event['name']}/{event['instance']} "
    return f"{who}{event['event']}: {event['message']}"


def shown(event: Mapping[str, Any], width: int) -> list[Line]:
    """The event in a line for a terminal, with its instance as wide as in the board; none where nobody wants it."""
    if not is_shown(event):
        return []
    who = "udaemon" if event["name"] is None else f"{event['name']}/{event['instance']}"
    sign, tint = sign_of(event)
    said = Cell(escape(f"{event['event']}: {event['message']}"), tint)
    name = cut(escape(who), max(width, LEAST_NAME), middle=True)
    return [[Cell(f" {sign} ", tint), Cell(f"{name:<{width}}  "), said]]


def sign_of(event: Mapping[str, Any]) -> tuple[str, str]:
    """The sign of an event and its colour: an end that was none of its own is a bad one."""
    end = event["data"].get("exit") or {}
    bad = event["event"] == "exited" and (end.get("code") or end.get("signal"))
    return mark("failed" if bad else event["event"])


def mark(word: str) -> tuple[str, str]:
    """The sign of an event or a state, and its colour."""
    return _MARKS.get(word, ("·", "yellow"))
