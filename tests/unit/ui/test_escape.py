"""What a daemon wrote cannot move a cursor, hide or turn round text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.ui.escape import escape


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
