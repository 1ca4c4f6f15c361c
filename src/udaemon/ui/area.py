"""The last lines of a terminal, drawn again and again in place, with other output above them.

Knows nothing of what they say. Each line is cut to the terminal's width, so that the cursor's way back is known; a
terminal that was made narrower since has wrapped them, and that is counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import TextIO

from udaemon.ui.table import Cell, cut, tinted, width

Line = Sequence[Cell]
"""Texts that are safe to show, one after another."""

_SIGNS = "✔✘↻…⠋"
_USUAL = (80, 24)


def can_draw(stream: TextIO, term: str) -> bool:
    """Whether a stream is a terminal that moves its cursor and has the signs that are drawn."""
    if not stream.isatty() or term in {"", "dumb"}:
        return False
    try:
        _SIGNS.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def size_of(stream: TextIO) -> tuple[int, int]:
    """Columns and rows of a terminal as it is now; the usual ones where it tells none."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except OSError:
        return _USUAL
    return columns or _USUAL[0], rows or _USUAL[1]


class Area:
    """The lines at the end of a terminal.

    Args:
        stream: The terminal.
        color: Whether to colour.
        size: Tells its columns and rows.
    """

    def __init__(self, stream: TextIO, *, color: bool, size: Callable[[TextIO], tuple[int, int]] = size_of) -> None:
        self._stream = stream
        self._color = color
        self._size = size
        self._drawn: list[int] = []

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal as it is now."""
        return self._size(self._stream)

    def draw(self, lines: Sequence[Line]) -> None:
        """Put these lines in the place of those drawn last.

        Each row is erased by itself: what is erased with the rest of a screen goes to the history in some terminals.
        """
        columns, _ = self.size()
        rows = sum(max(1, -(-taken // columns)) for taken in self._drawn)
        shown = [self._shown(line, columns - 1) for line in lines]
        left = max(0, rows - len(shown))
        text = "\r" + _up(rows) + "".join(f"{line}\033[K\n" for line, _ in shown)
        self._write(text + "\033[K\n" * left + "\033[K" + _up(left))
        self._drawn = [taken for _, taken in shown]

    def clear(self) -> None:
        """Take the lines away; what is written next stands in their place."""
        if self._drawn:
            self.draw(())

    def above(self, lines: Sequence[Line]) -> None:
        """Write lines that stay, long ones broken between words. Those drawn are taken away; draw them anew."""
        self.clear()
        columns, _ = self.size()
        self._write(
            "".join(self._shown(part, None)[0] + "\n" for line in lines for part in _wrapped(line, columns - 1))
        )

    def _shown(self, line: Line, most: int | None) -> tuple[str, int]:
        parts, taken = [], 0
        for cell in line:
            text = cell.text if most is None else cut(cell.text, most - taken) if most > taken else ""
            taken += width(text)
            parts.append(tinted(text, cell.tint) if self._color else text)
        return "".join(parts), taken

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _wrapped(line: Line, columns: int) -> Iterator[Line]:
    """The line with its last text wrapped below itself, where it is long and what stands before it is not."""
    *before, last = line
    begin = sum(width(cell.text) for cell in before)
    if begin + width(last.text) <= columns or begin > columns // 2:
        yield line
        return
    for part in wrap(last.text, columns - begin, break_on_hyphens=False):
        yield [*before, last._replace(text=part)]
        before = [Cell(" " * begin)]


def _up(rows: int) -> str:
    return f"\033[{rows}A" if rows else ""
