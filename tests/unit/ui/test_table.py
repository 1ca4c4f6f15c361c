"""A table that picks its columns by width."""

from udaemon.ui.table import Cell, Column, render, width


def column(title: str, *texts: str, rank: int = 0, right: bool = False, shrinks_to: int | None = None) -> Column:
    return Column(title, [Cell(text) for text in texts], rank, right=right, shrinks_to=shrinks_to)


NAME = column("NAME", "db", "log-processor")
COUNT = column("COUNT", "7", "12345", rank=2, right=True)
NOTE = column("NOTE", "a long note that may be cut", "", rank=1, shrinks_to=10)


def test_without_a_width_nothing_is_left_out_or_cut() -> None:
    assert render([NAME, COUNT, NOTE], None) == (
        "NAME           COUNT  NOTE\n"
        "db                 7  a long note that may be cut\n"
        "log-processor  12345\n"
    )  # fmt: skip


def test_the_column_that_may_shrinks_before_another_goes() -> None:
    assert render([NAME, COUNT, NOTE], 32) == (
        "NAME           COUNT  NOTE\n"
        "db                 7  a long no…\n"
        "log-processor  12345\n"
    )  # fmt: skip


def test_the_least_important_column_goes_first() -> None:
    assert render([NAME, COUNT, NOTE], 31) == (
        "NAME           NOTE\n"
        "db             a long note tha…\n"
        "log-processor\n"
    )  # fmt: skip


def test_what_is_always_shown_is_shown_whole_however_narrow_it_gets() -> None:
    assert render([NAME, COUNT, NOTE], 5) == "NAME\ndb\nlog-processor\n"


def test_colours_take_no_width() -> None:
    cells = [Cell("up", "green"), Cell("failed", "red")]
    assert render([Column("STATE", cells, right=True), NAME], None, color=True) == (
        " \x1b[1mSTATE\x1b[0m  \x1b[1mNAME\x1b[0m\n    \x1b[32mup\x1b[0m  db\n\x1b[31mfailed\x1b[0m  log-processor\n"
    )


def test_wide_letters_take_two_columns_and_combining_ones_none() -> None:
    assert width("漢字") == 4
    assert width("e\u0301") == 1
    assert render([column("A", "漢字漢字", shrinks_to=2), column("B", "x")], 8) == "A      B\n漢字…  x\n"


def test_no_rows_leave_the_headings() -> None:
    assert render([column("NAME"), column("STATE")], 80) == "NAME  STATE\n"
