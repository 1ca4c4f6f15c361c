"""A card: labels on the left, text on the right; whole pages of them are in test_status.py."""

from __future__ import annotations

from udaemon.ui.card import Row, render

CARD = (Row("", ["mailer/0"]), Row("state", ["running"]), Row("log", ["one", "two"]), Row("empty", []))


def test_elsewhere_than_on_a_terminal_each_line_is_one_line() -> None:
    assert render([CARD], None) == "mailer/0\nstate  running\nlog    one\n       two\n"


def test_a_row_without_lines_is_left_out_and_its_label_takes_no_room() -> None:
    assert render([(Row("a very long label", []), Row("a", ["x"]))], None) == "a  x\n"


def test_cards_stand_apart_and_have_their_texts_below_one_another() -> None:
    assert render([(Row("a", ["x"]),), (Row("longer", ["y"]),)], None) == "a       x\n\nlonger  y\n"


def test_no_line_ends_in_blanks() -> None:
    assert render([(Row("a", ["x", "", "y"]),)], None) == "a  x\n\n   y\n"


def test_on_a_terminal_no_line_is_wider_than_that() -> None:
    long = "x" * 200
    drawn = render([(Row("a", [long]), Row("b", [long], short=True))], 40)
    lines = drawn.splitlines()
    assert max(map(len, lines)) <= 40
    assert drawn.count("x") < 400
    assert sum(line.startswith("b") for line in lines) == 1


def test_no_cards_are_nothing() -> None:
    assert render([], None) == ""
