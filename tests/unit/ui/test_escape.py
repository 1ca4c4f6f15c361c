"""What a daemon wrote cannot move a cursor, hide or turn round text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.ui.escape import escape, shown_line


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ünïcode 漢字 🙂", "plain ünïcode 漢字 🙂"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("bell\x07 back\x08 del\x7f", "bell\\x07 back\\x08 del\\x7f"),
        ("c1 \x9b31m \x85", "c1 \\x9b31m \\x85"),
        ("bidi \u202edexe.txt\u2066", "bidi \\u202edexe.txt\\u2066"),
        ("marks \u200e\u200f\u061c\ufeff", "marks \\u200e\\u200f\\u061c\\ufeff"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("lone \ud800", "lone \\ud800"),
    ],
)
def test_f25_bytes_that_a_terminal_obeys_are_shown_as_escapes(raw: str, shown: str) -> None:
    assert escape(raw) == shown


def test_tabs_can_be_kept() -> None:
    assert escape("a\tb\nc", keep_tabs=True) == "a\tb\\nc"


@given(st.text())
def test_nothing_of_the_control_kind_is_left(text: str) -> None:
    shown = escape(text)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in shown)
    turning = {"RLO", "LRO", "RLE", "LRE", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not any(unicodedata.bidirectional(letter) in turning for letter in shown)


@pytest.mark.parametrize(
    ("raw", "colored", "stripped"),
    [
        ("plain\tünï", "plain\tünï", "plain\tünï"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m\x1b[0m", "red"),
        ("\x1b[1;38;5;208mINFO\x1b[m ok", "\x1b[1;38;5;208mINFO\x1b[m ok\x1b[0m", "INFO ok"),
        ("\x1b[4:3m\x1b[38:2::1:2:3mcurly", "\x1b[4:3m\x1b[38:2::1:2:3mcurly\x1b[0m", "curly"),
        ("\x1b[31mred, left on", "\x1b[31mred, left on\x1b[0m", "red, left on"),
        ("\x1b[2Jcls \x1b[1;1Hhome", "\\x1b[2Jcls \\x1b[1;1Hhome", "\\x1b[2Jcls \\x1b[1;1Hhome"),
        ("\x1b[?25l \x1b[>4;2m \x1b[31 m", "\\x1b[?25l \\x1b[>4;2m \\x1b[31 m", "\\x1b[?25l \\x1b[>4;2m \\x1b[31 m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07", "\\x1b]0;title\\x07"),
        ("\x1b]8;;http://x\x1b\\here", "\\x1b]8;;http://x\\x1b\\here", "\\x1b]8;;http://x\\x1b\\here"),
        ("\x9b31m \x85 \x90", "\\x9b31m \\x85 \\x90", "\\x9b31m \\x85 \\x90"),
        ("\x1b[32mok\u202egnp\x1b[0m", "\x1b[32mok\\u202egnp\x1b[0m\x1b[0m", "ok\\u202egnp"),
        ("\x1b[\x1b[31mm", "\\x1b[\x1b[31mm\x1b[0m", "\\x1b[m"),
        ("\x1b[" + "1;" * 500 + "m", "\\x1b[" + "1;" * 500 + "m", "\\x1b[" + "1;" * 500 + "m"),
    ],
)
def test_colours_of_a_line_are_kept_or_taken_out_and_all_else_is_escaped(raw: str, colored: str, stripped: str) -> None:
    assert shown_line(raw, colors=True) == colored
    assert shown_line(raw, colors=False) == stripped


@given(st.text(st.sampled_from("\x1b[]0123;:m?>JHx\x07\x9b\u202e ")))
def test_nothing_but_colours_reaches_a_terminal_and_none_outlasts_its_line(text: str) -> None:
    shown = shown_line(text, colors=True)
    plain = re.sub(r"\x1b\[[0-9;:]*m", "", shown)
    assert not any(unicodedata.category(letter) == "Cc" for letter in plain)
    assert "\x1b" not in shown or shown.endswith("\x1b[0m")
    assert "\x1b" not in shown_line(text, colors=False)
