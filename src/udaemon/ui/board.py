"""What `up` shows in the foreground of a terminal: a row an instance, as it is now, while all start and while all stop.

Knows no terminal, no clock and no supervisor: events in, lines out; now is an argument. Between the start and the stop
there is no board, and an event that somebody wants to see is a line.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from attrs import define

from udaemon.policy.wording import signal_name
from udaemon.ui.area import Line
from udaemon.ui.escape import escape
from udaemon.ui.eventlines import mark, shown
from udaemon.ui.table import Cell, cut
from udaemon.ui.tally import FEW
from udaemon.units import counted, form, short

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES = 10
"""Pictures of the spinner a second, and so the drawings."""
_HELD = 0.5
"""Seconds for which a start must have lasted before its row is drawn for good: many a crash is sooner than that."""
_LOGS_AFTER = 1.0
"""Seconds after which logs are shown above the board; when all is up before that, they come below it."""
_RESTING = frozenset({"stopped", "exited", "failed", "disabled"})
_MOVING = frozenset({"starting", "waiting", "stopping"})
_ORDER = {"failed": 0, "backoff": 1, "stopping": 2, "starting": 2, "waiting": 3}
"""Which rows are shown first where not all fit."""


class _Phase(Enum):
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"


@define
class _Row:
    """An instance: its state since when, and the words of the last event."""

    since: float
    state: str = "starting"
    said: str = ""
    ended: str = ""
    pid: int | None = None
    restarts: int = 0
    refused: bool = False
    killed: bool = False
    parted: str = ""
    held_up: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look at it."""
        return self.refused or self.state in {"failed", "backoff"}


class Board:
    """The rows, and what they come to.

    Args:
        project: Named in the headline.
        names: The instances to expect, as `name/0`.
        now: Monotonic seconds.
        timeouts: After how many seconds each is killed when it does not stop.
        every: Every instance gets its row, however many they are.
        longest: Columns for a name at most, None where there is room for all.
    """

    def __init__(
        self,
        project: str,
        names: Iterable[str],
        *,
        now: float,
        timeouts: Mapping[str, float] | None = None,
        every: bool = False,
        longest: int | None = None,
    ) -> None:
        self._project = escape(project)
        self._rows = {name: _Row(since=now) for name in names}
        self._timeouts = timeouts or {}
        self._every = every
        self._longest = longest
        self._began = now
        self._phase = _Phase.STARTING
        self._hurry = False
        self._settled_at: float | None = None
        self._asked: list[str] = []

    @property
    def is_live(self) -> bool:
        """Whether there is something to draw, again and again."""
        return self._phase is not _Phase.UP

    def shows_logs(self, now: float) -> bool:
        """Whether it is time to show logs."""
        if self._phase is not _Phase.STARTING:
            return True
        return now - self._began >= _LOGS_AFTER and self._settled_at is None

    def event(self, event: Mapping[str, Any], now: float) -> list[Line]:
        """Something has happened. Returns the lines that tell it, for good."""
        name = None if event["name"] is None else f"{event['name']}/{event['instance']}"
        state = None if name is None else event["data"].get("state")
        if name is None or state is None:
            return shown(event, self._width)
        row = self._rows.setdefault(name, _Row(since=now))
        rested = self._note(row, event, state, now)
        if self._phase is _Phase.UP:
            return shown(event, self._width)
        if self._phase is _Phase.STOPPING and rested and (self._few or row.is_bad or row.killed):
            return [self._line(name, row, now)]
        return []

    def outcome(self, told: Mapping[str, Any]) -> None:
        """An instance has come to something; where no event says what, this does."""
        row = self._rows.get(f"{told['name']}/{told['instance']}")
        if row is not None and not told["ok"] and not row.said:
            row.said, row.refused, row.state = escape(told["message"]), True, "disabled"

    def settle(self, now: float) -> None:
        """All have come to something."""
        if self._settled_at is None:
            self._settled_at = now

    def tick(self, now: float) -> list[Line]:
        """The lines of a board that is drawn for the last time, once all have been as they are for a moment."""
        held = max((row.since for row in self._rows.values() if row.state == "running"), default=self._began)
        if self._phase is not _Phase.STARTING or self._settled_at is None:
            return []
        if now < min(max(held, self._settled_at), self._settled_at + _HELD) + _HELD:
            return []
        self._phase = _Phase.UP
        rows = self._rows if self._few else {name: row for name, row in self._rows.items() if row.is_bad}
        took = short(self._settled_at - self._began)
        headline = [Cell(f"{self._project}: {self._counts()} in {took}", "bold"), Cell("; Ctrl-C stops all", "dim")]
        return [headline, *(self._line(name, row, now) for name, row in rows.items())]

    def stop(self, now: float, *, hurry: bool) -> None:
        """Everything is asked to stop; with `hurry`, killed."""
        self._hurry |= hurry
        if self._phase is _Phase.STOPPING:
            return
        self._phase, self._began = _Phase.STOPPING, now
        self._asked = [name for name, row in self._rows.items() if row.state not in _RESTING]
        for name in self._asked:
            self._rows[name].since = now

    def end(self, now: float) -> list[Line]:
        """What is left to say when the supervisor has ended."""
        if self._phase is not _Phase.STOPPING:
            return []
        killed = sum(self._rows[name].killed for name in self._asked)
        left = sum(self._rows[name].state not in _RESTING for name in self._asked)
        parts = [f"{len(self._asked) - left - killed} stopped"] + ([f"{killed} killed"] if killed else [])
        parts += [f"{left} unknown"] if left else []
        return [[Cell(f"{self._project}: {', '.join(parts)} in {short(now - self._began)}", "bold")]]

    def lines(self, now: float, rows: int) -> list[Line]:
        """The board as it is now.

        Args:
            now: Monotonic seconds.
            rows: How many lines there may be; what calls for somebody comes first where not all fit.
        """
        if self._phase is _Phase.STOPPING:
            names = [name for name in self._asked if self._rows[name].state not in _RESTING]
        else:
            names = list(self._rows)
        chosen = names
        if len(names) > rows - 1 or (not self._few and self._phase is _Phase.STARTING):
            urgent = [name for name in names if self._rows[name].state in _ORDER or self._rows[name].is_bad]
            urgent.sort(key=lambda name: _ORDER.get(self._rows[name].state, 0))
            chosen = urgent if len(urgent) <= rows - 1 else urgent[: max(0, rows - 2)]
        more = len(names) - len(chosen)
        lines = [self._headline(now), *(self._line(name, self._rows[name], now) for name in chosen)]
        others = f"{counted(more, 'other')} {form(more, 'is', 'are')} not shown"
        left = f"and {more} more" if self._phase is _Phase.STOPPING else others
        return [*lines, [Cell(f"   … {left}", "dim")]] if more and self._few else lines

    @property
    def _few(self) -> bool:
        return self._every or len(self._rows) <= FEW

    @property
    def _width(self) -> int:
        return min(max(map(len, self._rows), default=0), self._longest or sys.maxsize)

    def _note(self, row: _Row, event: Mapping[str, Any], state: str, now: float) -> bool:
        """Write down what an event says. Returns whether the instance has come to rest by it."""
        word, message, data = event["event"], escape(event["message"]), event["data"]
        if word == "exited":
            row.ended = message
            row.killed = data["exit"] is not None and data["exit"]["reason"] == "killed"
            row.parted = _parting(message, data["exit"] or {})
        elif word == "started":
            row.ended, row.killed = "", False
        if state != row.state and self._phase is not _Phase.STOPPING:
            row.since = now
        row.state, row.said, row.pid, row.restarts = state, message, data.get("pid"), data.get("restarts", 0)
        row.refused = False
        row.held_up = message if word == "held-up" else ""
        # What an end comes to is told by an event of its own, but for a daemon that rests after a good end.
        return word in {"stopped", "failed"} or word == state == "exited"

    def _headline(self, now: float) -> Line:
        passed = short(now - self._began)
        if self._phase is _Phase.STARTING:
            up = sum(row.state in {"running", "exited"} for row in self._rows.values())
            bad = sum(row.is_bad for row in self._rows.values())
            text = f"{self._project}: {up} of {len(self._rows)} up" + (f", {bad} in trouble" if bad else "")
            return [Cell(f"{text}, {passed}", "bold")]
        rested = sum(self._rows[name].state in _RESTING for name in self._asked)
        again = "; killing what is left" if self._hurry else "; Ctrl-C again kills"
        text = f"{self._project}: {rested} of {len(self._asked)} stopped, {passed}"
        return [Cell(text, "bold"), Cell(again, "dim")]

    def _line(self, name: str, row: _Row, now: float) -> Line:
        sign, tint = self._sign(row, now)
        return [
            Cell(f" {sign} ", tint),
            Cell(f"{cut(name, self._width, middle=True):<{self._width}}  "),
            Cell(self._words(name, row, now), tint),
        ]

    def _sign(self, row: _Row, now: float) -> tuple[str, str]:
        if row.state in _MOVING:
            return _SPINNER[int(now * _FRAMES) % len(_SPINNER)], "yellow" if row.state == "stopping" else "dim"
        killed = self._phase is _Phase.STOPPING and row.killed
        return mark("killing" if killed else "failed" if row.refused else row.state)

    def _words(self, name: str, row: _Row, now: float) -> str:
        passed = short(now - row.since)
        match row.state:
            case "running":
                return f"pid {row.pid}" + (f", restarted {_times(row.restarts)}" if row.restarts else "")
            case "starting":
                if row.held_up:
                    return f"{row.held_up} ({passed})"
                again = f", after {row.ended}" if row.ended else ""
                return f"starting {passed}{again}"
            case "waiting":
                return f"{row.said or 'waiting'} {passed}"
            case "stopping":
                limit = self._timeouts.get(name)
                return f"stopping {passed}" + ("" if limit is None else f", killed after {short(limit)}")
            case "backoff":
                return f"{row.ended}; {row.said}" if row.ended and row.ended != row.said else row.said
            case "stopped" | "exited" if self._phase is _Phase.STOPPING and row.ended:
                return f"killed after {passed}" if row.killed else f"stopped after {passed}{row.parted}"
            case _:
                return row.said or row.state

    def _counts(self) -> str:
        counted = Counter(row.state for row in self._rows.values())
        refused = sum(row.refused for row in self._rows.values())
        counted["disabled"] -= refused
        words = {"running": "up", "exited": "ended", "backoff": "starting again"}
        order = ("running", "exited", "starting", "waiting", "backoff", "failed", "stopping", "stopped", "disabled")
        parts = [f"{counted[state]} {words.get(state, state)}" for state in order if counted[state] > 0]
        parts += [f"{refused} not started"] if refused else []
        return ", ".join(parts) or "no daemons"


def _parting(message: str, end: Mapping[str, Any]) -> str:
    """What there is to say of the end of one that was asked to stop; nothing where it ended well."""
    if end.get("reason") == "stopped" and end.get("signal"):
        return f" by {signal_name(end['signal'])}"
    return f": {message}" if end.get("code") != 0 else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def rows_that_fit(height: int) -> int:
    """How many lines of a terminal the board may take, so that logs have some."""
    return max(2, height // 2)


def period() -> float:
    """Seconds between two drawings of a live board."""
    return 1.0 / _FRAMES
