"""A table that picks its columns by width: the important ones stay, one may shrink, none is ever of no width.

Knows nothing of what is in it. Without a width nothing is left out and nothing cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_GAP = "  "
_PLAIN = "\033[0m"
_TINTS = {"": "", "red": "\033[31m", "green": "\033[32m", "yellow": "\033[33m", "dim": "\033[2m", "bold": "\033[1m"}


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
    """

    title: str
    cells: Sequence[Cell]
    rank: int = 0
    right: bool = False
    shrinks_to: int | None = None

    @property
    def width(self) -> int:
        """The width at which nothing of it is cut."""
        return max(width(self.title), *(width(cell.text) for cell in self.cells), 0)


def render(columns: Sequence[Column], available: int | None, *, color: bool = False) -> str:
    """The table as text, a line a row, with the headings on top.

    Args:
        columns: From left to right; each has a cell for each row.
        available: Width of the terminal; None where there is none.
        color: Whether to colour.
    """
    chosen = columns if available is None else _fitting(columns, available)
    widths = [column.width for column in chosen]
    if available is not None:
        spare = available - sum(widths) - len(_GAP) * (len(chosen) - 1)
        for number, column in enumerate(chosen):
            if column.shrinks_to is not None and spare < 0:
                widths[number] = max(column.shrinks_to, widths[number] + spare)
    heading = [Cell(column.title, "bold") for column in chosen]
    rows = [heading, *zip(*(column.cells for column in chosen), strict=True)]
    return "".join(_line(row, chosen, widths, color=color) for row in rows)


def width(text: str) -> int:
    """Terminal columns that a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata  # 1 ms that only a text beyond ASCII should cost

    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _fitting(columns: Sequence[Column], available: int) -> list[Column]:
    """The columns that fit, in order of importance; one that does not fit leaves its place to the next."""
    used = -len(_GAP)
    chosen = set()
    for number in sorted(range(len(columns)), key=lambda number: columns[number].rank):
        column = columns[number]
        needed = column.width if column.shrinks_to is None else min(column.width, column.shrinks_to)
        if column.rank == 0 or used + len(_GAP) + needed <= available:
            chosen.add(number)
            used += len(_GAP) + needed
    return [column for number, column in enumerate(columns) if number in chosen]


def _line(row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], *, color: bool) -> str:
    parts = []
    for cell, column, wide in zip(row, columns, widths, strict=True):
        text = _cut(cell.text, wide)
        pad = " " * (wide - width(text))
        shown = f"{_TINTS[cell.tint]}{text}{_PLAIN}" if color and cell.tint and text else text
        parts.append(pad + shown if column.right else shown + pad)
    return _GAP.join(parts).rstrip() + "\n"


def _cut(text: str, wide: int) -> str:
    if width(text) <= wide:
        return text
    while text and width(text) > wide - 1:
        text = text[:-1]
    return text + "…"
