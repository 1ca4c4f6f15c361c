"""Lines drawn in place at the end of a terminal, read back from a screen that does what the sequences say."""

from __future__ import annotations

import io
import re

import pytest

from udaemon.ui.area import Area, can_draw
from udaemon.ui.table import Cell


class Terminal(io.StringIO):
    """A terminal that holds what is written to it as rows; it wraps nothing, as nothing may be wider than it."""

    encoding = "utf-8"

    def __init__(self, columns: int = 20) -> None:
        super().__init__()
        self.columns = columns
        self.rows = [""]
        self.at = self.column = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for piece in re.split(r"(\r|\n|\033\[\d*[AK])", text):
            if piece in {"\r", "\n"}:
                self.at += piece == "\n"
                self.column = 0
                self.rows += [""] * (self.at + 1 - len(self.rows))
            elif piece.startswith("\033") and piece.endswith("A"):
                self.at -= int(piece[2:-1])
            elif piece == "\033[K":
                self.rows[self.at] = self.rows[self.at][: self.column]
            elif piece:
                self.rows[self.at] = self.rows[self.at][: self.column] + piece
                self.column += len(piece)
                assert self.column < self.columns
        return len(text)


def area(terminal: Terminal) -> Area:
    return Area(terminal, color=False, size=lambda _: (terminal.columns, 24))


def test_lines_replace_those_before_them() -> None:
    terminal = Terminal()
    drawn = area(terminal)
    drawn.draw([[Cell("one")], [Cell("two")], [Cell("three")]])
    drawn.draw([[Cell("four")], [Cell("five")]])
    assert terminal.rows == ["four", "five", "", ""]


def test_what_is_written_above_stays() -> None:
    terminal = Terminal()
    drawn = area(terminal)
    drawn.draw([[Cell("board")]])
    drawn.above([[Cell("log 1")]])
    drawn.draw([[Cell("board")]])
    drawn.above([[Cell("log 2")]])
    drawn.draw([[Cell("board")]])
    drawn.clear()
    assert terminal.rows == ["log 1", "log 2", "", ""]


def test_a_long_line_that_stays_is_wrapped_below_its_last_text() -> None:
    terminal = Terminal(columns=22)
    area(terminal).above(
        [[Cell(" ✘ "), Cell("web/0  "), Cell("gave up: no route")], [Cell("shop: 1 failed"), Cell(".")]]
    )
    assert terminal.rows == [" ✘ web/0  gave up: no", "          route", "shop: 1 failed.", ""]


def test_a_line_whose_beginning_is_long_is_left_to_the_terminal() -> None:
    terminal = io.StringIO()
    drawn = Area(terminal, color=False, size=lambda _: (20, 24))
    drawn.above([[Cell("shop: 1 up, 2 failed"), Cell("; Ctrl-C stops all")]])
    assert terminal.getvalue() == "shop: 1 up, 2 failed; Ctrl-C stops all\n"


def test_a_line_is_cut_to_the_width() -> None:
    terminal = Terminal(columns=10)
    area(terminal).draw([[Cell("name  "), Cell("a long message")]])
    assert terminal.rows[0] == "name  a …"


def test_a_terminal_made_narrower_has_wrapped_what_was_drawn() -> None:
    terminal = Terminal(columns=20)
    drawn = area(terminal)
    drawn.draw([[Cell("x" * 19)], [Cell("y")]])
    terminal.columns = 10
    terminal.rows = ["before", "x" * 9, "x" * 9, "y", ""]
    terminal.at = 4
    drawn.clear()
    assert (terminal.rows, terminal.at) == (["before", "", "", "", ""], 1)


@pytest.mark.parametrize(
    ("term", "encoding", "can"),
    [("xterm", "utf-8", True), ("dumb", "utf-8", False), ("", "utf-8", False), ("xterm", "ascii", False)],
)
def test_where_there_is_a_board(term: str, encoding: str, can: bool) -> None:
    terminal = Terminal()
    terminal.encoding = encoding
    assert can_draw(terminal, term) == can
    assert not can_draw(io.StringIO(), "xterm")
