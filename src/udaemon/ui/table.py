"""A table that picks its columns by width: the important ones stay, some may shrink, none is ever of no width.

Knows nothing of what is in it. On a terminal rich draws it. Without a width nothing is left out, nothing is cut, and
rich is not loaded: what reads a pipe wants plain lines, and soon.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

_GAP = "  "
_LAST = 99
"""The rank at which what is left is given away."""

WHOLE = sys.maxsize
"""As much of a column's width as it has."""
_PLAIN = "\033[0m"
_TINTS = {"": "", "red": "\033[31m", "green": "\033[32m", "yellow": "\033[33m", "dim": "\033[2m", "bold": "\033[1m"}

LEAST_NAME = 12
"""Columns that the name of an instance has, however narrow the terminal is."""


def name_width(available: int) -> int:
    """Columns that a name may take before what is told of it, on a terminal of so many."""
    return max(LEAST_NAME, available // 3)


class Cell(NamedTuple):
    """A text that is safe to show, and its colour."""

    text: str = ""
    tint: str = ""


class Column(NamedTuple):
    """A title over a cell a row.

    Attributes:
        title: Its heading.
        cells: One for each row.
        rank: How dispensable it is; 0 is always shown.
        right: Whether it is flush right.
        shrinks_to: The width to which it may be cut, None for not at all.
        brief: Shorter texts that say the most of it, for a terminal that has no room for the whole of it.
        grows: At which ranks it gets back how much of its width, as `(rank, width)`; at last it gets all of it.
        middle: Whether it is cut in its middle, for texts that their ends tell apart.
    """

    title: str
    cells: Sequence[Cell]
    rank: int = 0
    right: bool = False
    shrinks_to: int | None = None
    brief: Sequence[str] = ()
    grows: Sequence[tuple[int, int]] = ()
    middle: bool = False

    @property
    def width(self) -> int:
        """The width at which nothing of it is cut."""
        return _widest(self.title, *(cell.text for cell in self.cells))

    @property
    def least(self) -> int:
        """The width that it needs to be there at all."""
        return self._briefly if self.shrinks_to is None else min(self._briefly, self.shrinks_to)

    @property
    def _briefly(self) -> int:
        return min(self.width, _widest(self.title, *self.brief)) if self.brief else self.width

    def grown(self, at: int, more: int) -> int:
        """What it takes of a width of `more` that is left, from `at` on; brief texts give way to whole ones at once."""
        return more if at + more == self.width else max(0, min(more, self._briefly - at))

    def fitted(self, wide: int) -> Column:
        """The column with the texts that so many columns of the terminal have room for."""
        if not self.brief or wide >= self.width:
            return self
        return self._replace(
            cells=[Cell(text, cell.tint) for text, cell in zip(self.brief, self.cells, strict=True)], brief=()
        )


def _widest(*texts: str) -> int:
    return max(width(text) for text in texts)


def render(columns: Sequence[Column], available: int | None, *, color: bool = False) -> str:
    """The table as text, a line a row, with the headings on top.

    Args:
        columns: From left to right; each has a cell for each row.
        available: Width of the terminal; None where there is none.
        color: Whether to colour.
    """
    if available is None:
        return _plain(columns, color=color)
    widths = _fitting(columns, available)
    chosen = sorted(widths)
    fitted = [columns[number].fitted(widths[number]) for number in chosen]
    return _drawn(fitted, [widths[number] for number in chosen], color=color)


def width(text: str) -> int:
    """Terminal columns that a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata  # 1 ms that only a text beyond ASCII should cost

    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def tinted(text: str, tint: str) -> str:
    """The text in its colour, for a terminal."""
    return f"{_TINTS[tint]}{text}{_PLAIN}" if tint and text else text


def _fitting(columns: Sequence[Column], available: int) -> dict[int, int]:
    """The columns that fit, each with its width; one that does not fit leaves its place to the next in rank."""
    widths: dict[int, int] = {}
    left = available + len(_GAP)
    steps = sorted(step for place, column in enumerate(columns) for step in _steps(place, column))
    for _, number, wanted in steps:
        column = columns[number]
        if number in widths:
            more = column.grown(widths[number], min(max(0, wanted - widths[number]), max(0, left)))
        elif wanted == column.least and (column.rank == 0 or len(_GAP) + wanted <= left):
            more = wanted
            left -= len(_GAP)
        else:
            continue
        widths[number] = widths.get(number, 0) + more
        left -= more
    return widths


def _steps(place: int, column: Column) -> Iterator[tuple[int, int, int]]:
    """At which rank a column asks for which width: first for its least one, at last for all."""
    for rank, wide in ((column.rank, column.least), *column.grows, (_LAST, WHOLE)):
        yield rank, place, min(wide, column.width)


def _plain(columns: Sequence[Column], *, color: bool) -> str:
    """Every line whole, whatever it takes."""
    widths = [column.width for column in columns]
    heading = [Cell(column.title, "bold") for column in columns]
    rows = [heading, *zip(*(column.cells for column in columns), strict=True)]
    return "".join(_line(row, columns, widths, color=color) for row in rows)


def _line(row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], *, color: bool) -> str:
    parts = []
    for cell, column, wide in zip(row, columns, widths, strict=True):
        pad = " " * (wide - width(cell.text))
        shown = tinted(cell.text, cell.tint) if color else cell.text
        parts.append(pad + shown if column.right else shown + pad)
    return _GAP.join(parts).rstrip() + "\n"


def _drawn(columns: Sequence[Column], widths: Sequence[int], *, color: bool) -> str:
    """Drawn by rich, each column of the width that was chosen for it."""
    from rich.table import Table
    from rich.text import Text

    from udaemon.ui.drawn import drawn

    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="")
    for column, wide in zip(columns, widths, strict=True):
        justify: Literal["left", "right"] = "right" if column.right else "left"
        title = Text.assemble((cut(column.title, wide), "bold"))
        table.add_column(title, width=wide, no_wrap=True, justify=justify)
    for row in zip(*(column.cells for column in columns), strict=True):
        texts = (cut(cell.text, n, middle=of.middle) for cell, of, n in zip(row, columns, widths, strict=True))
        table.add_row(*(Text.assemble((text, cell.tint)) for text, cell in zip(texts, row, strict=True)))
    return drawn(table, width=sum(widths) + len(_GAP) * len(widths), color=color)


def cut(text: str, wide: int, *, middle: bool = False) -> str:
    """The text in so many columns, with … for what is left out."""
    if width(text) <= wide:
        return text
    end = text[len(text) - wide // 3 :] if middle else ""
    while text and width(text) + width(end) > wide - 1:
        text = text[:-1]
    return f"{text}…{end}"
