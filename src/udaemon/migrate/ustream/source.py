"""The file as a person sees it: lines, and pieces of text short enough for a sentence.

Knows nothing of ini syntax.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(rb"\r\n|\r|\n")
_SHOWN = 60
_REST = 200


class Source:
    """The bytes of a file with the places of their lines."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(data))]

    def line_at(self, place: int) -> int:
        """The line, counted from 1, that a byte stands on."""
        return bisect_right(self._starts, place)

    def line_start(self, place: int) -> int:
        """Where the line that a byte stands on begins."""
        return self._starts[self.line_at(place) - 1]

    def line_end(self, place: int) -> int:
        """Where the line that a byte stands on ends, its line end left out."""
        end = self.after_line(place)
        while end > place and self.data[end - 1] in b"\r\n":
            end -= 1
        return end

    def rest(self, place: int) -> bytes:
        """The line from a byte on, or as much of it as can matter."""
        return self.data[place : min(self.line_end(place), place + _REST)]

    def after_line(self, place: int) -> int:
        """Where the next line begins."""
        line = self.line_at(place)
        return self._starts[line] if line < len(self._starts) else len(self.data)


def show(text: bytes) -> str:
    """A text for use in a sentence: one line, nothing invisible, not long."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1]
    try:
        shown = cut.decode("utf-8", "strict" if cut is text else "ignore")
    except UnicodeDecodeError:
        shown = cut.decode("latin-1")
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    return shown if cut is text else shown + "…"
