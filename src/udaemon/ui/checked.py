"""What `check` says at its end: of each manifest whether it is good, and how much there is in it.

Knows nothing of what can be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from udaemon.ui.table import cut, width
from udaemon.units import counted

_GAP = 2
_LEAST_FILE = 12


class Checked(NamedTuple):
    """A manifest that was checked.

    Attributes:
        file: Its name, safe to show.
        good: Whether it can be run.
        daemons: How many it declares.
        problems: How many errors and warnings, in words; empty for none.
    """

    file: str
    good: bool
    daemons: int
    problems: str


def plain(one: Checked) -> str:
    """One line, for those that are good: of the others their problems tell."""
    return f"{one.file}: {_words(one)}\n" if one.good else ""


def table(checked: Sequence[Checked], available: int, *, color: bool = False) -> str:
    """A line each, side by side, for a terminal of so many columns. Rich draws it."""
    from rich.table import Table
    from rich.text import Text

    from udaemon.ui.drawn import drawn

    room = max(2, available - 1 - 2 * _GAP)
    words = max(len(_words(one)) for one in checked)
    wide = min(max(width(one.file) for one in checked), max(_LEAST_FILE, room - words), room - 1)
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(width=1)
    grid.add_column(width=wide, no_wrap=True)
    grid.add_column(width=room - wide, overflow="fold")
    for one in checked:
        sign, tint = ("✔", "yellow" if one.problems else "green") if one.good else ("✘", "red")
        file = Text(cut(one.file, wide, middle=True))
        grid.add_row(Text(sign, style=tint), file, Text(_words(one), style=tint))
    return drawn(grid, width=available, color=color)


def _words(one: Checked) -> str:
    if not one.good:
        return one.problems
    told = f", {one.problems}" if one.problems else ""
    return f"good, {counted(one.daemons, 'daemon')}{told}"
