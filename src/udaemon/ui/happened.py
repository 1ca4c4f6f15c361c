"""What `events` shows on a terminal: when, of whom and what, side by side, a long message below its beginning.

Knows no supervisor and no clock: events as JSON in, text out. Rich draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from rich.table import Table
from rich.text import Text

from udaemon.ui.drawn import drawn
from udaemon.ui.escape import escape
from udaemon.ui.eventlines import sign_of
from udaemon.ui.table import LEAST_NAME, cut, width

_GAP = 2
_TIME = len("12:00:00")


class Happened:
    """Draws events as they come; each batch below the last one, in the same columns where it can be.

    Args:
        zone: Where the times are told; None for the machine's own.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._day = ""
        self._wide = 0

    def render(self, events: Sequence[Mapping[str, Any]], available: int, *, color: bool = False) -> str:
        """These events as text, a line with the date where another day begins.

        Args:
            events: As in `events --json`.
            available: Width of the terminal.
            color: Whether to colour.
        """
        names = [_who(event) for event in events]
        self._wide = min(max([self._wide, *map(width, names)]), max(LEAST_NAME, available // 4))
        text, batch = "", self._grid(available)
        for event, name in zip(events, names, strict=True):
            moment = datetime.fromisoformat(event["at"]).astimezone(self._zone)
            if (day := f"{moment:%Y-%m-%d}") != self._day:
                text += drawn(batch, width=available, color=color) if batch.row_count else ""
                text += drawn(Text(day, style="dim"), width=available, color=color)
                self._day, batch = day, self._grid(available)
            sign, tint = sign_of(event)
            batch.add_row(
                Text(f"{moment:%H:%M:%S}", style="dim"),
                Text(sign, style=tint),
                Text(cut(name, self._wide, middle=True)),
                Text(escape(f"{event['event']}: {event['message']}"), style=tint),
            )
        return text + drawn(batch, width=available, color=color)

    def _grid(self, available: int) -> Table:
        grid = Table.grid(padding=(0, _GAP, 0, 0))
        for wide in (_TIME, 1, self._wide):
            grid.add_column(width=wide, no_wrap=True)
        grid.add_column(width=max(1, available - _TIME - 1 - self._wide - 3 * _GAP), overflow="fold")
        return grid


def _who(event: Mapping[str, Any]) -> str:
    return "udaemon" if event["name"] is None else escape(f"{event['name']}/{event['instance']}")
