"""A card: labels on the left, what there is to say on the right, wrapped to the terminal.

Knows nothing of what is in it. On a terminal rich draws it; elsewhere each row is one plain line, whatever its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from udaemon.ui.table import cut

_GAP = 2


class Row(NamedTuple):
    """A label, and the lines of its text, safe to show, in one colour. Without a label it is a heading.

    Attributes:
        short: On a terminal each line is cut to one: there is a verb that shows them whole.
    """

    label: str
    lines: Sequence[str]
    tint: str = ""
    short: bool = False


def render(cards: Sequence[Sequence[Row]], available: int | None, *, color: bool = False) -> str:
    """The cards below one another, an empty line between them; a row without lines is left out.

    Args:
        cards: The rows of each.
        available: Width of the terminal; None where there is none.
        color: Whether to colour.
    """
    told = [[row for row in rows if row.lines] for rows in cards]
    width = max((len(row.label) for rows in told for row in rows), default=0)
    if available is None:
        return "\n".join("".join(_plain(row, width) for row in rows) for rows in told)
    return "\n".join(_drawn(rows, width, available, color=color) for rows in told)


def _plain(row: Row, width: int) -> str:
    if not row.label:
        return "".join(f"{line}\n" for line in row.lines)
    labels = [row.label, *[""] * (len(row.lines) - 1)]
    return "".join(
        f"{label:<{width + _GAP}}{line}".rstrip() + "\n" for label, line in zip(labels, row.lines, strict=True)
    )


def _drawn(rows: Sequence[Row], width: int, available: int, *, color: bool) -> str:
    from rich.table import Table
    from rich.text import Text

    from udaemon.ui.drawn import drawn

    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(width=width, no_wrap=True)
    wide = max(1, available - width - 2 * _GAP)
    grid.add_column(width=wide, overflow="fold")
    headings = []
    for row in rows:
        lines = [cut(line.expandtabs(), wide) for line in row.lines] if row.short else row.lines
        text = Text.assemble(("\n".join(lines), row.tint))
        if row.label:
            grid.add_row(Text.assemble((row.label, "dim")), text)
        else:
            headings.append(text)
    return drawn(*headings, grid, width=available, color=color)
