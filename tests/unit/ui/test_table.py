"""A table that picks its columns by width."""

from udaemon.ui.table import WHOLE, Cell, Column, render, width


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


BRIEF = Column(
    "RUN",
    [Cell("ok 12s ago (0.4s)", "green"), Cell("failed now (2m10s)")],
    1,
    brief=["ok 12s ago", "failed now"],
    grows=[(3, WHOLE)],
)


def test_a_brief_text_stands_where_the_whole_one_has_no_room() -> None:
    assert render([NAME, BRIEF], 32) == (
        "NAME           RUN\n"
        "db             ok 12s ago\n"
        "log-processor  failed now\n"
    )  # fmt: skip
    assert render([NAME, BRIEF], 33) == (
        "NAME           RUN\n"
        "db             ok 12s ago (0.4s)\n"
        "log-processor  failed now (2m10s)\n"
    )  # fmt: skip
    assert "(2m10s)" in render([NAME, BRIEF], None)


def test_a_brief_text_keeps_its_colour() -> None:
    assert "\x1b[32mok 12s ago\x1b[0m" in render([NAME, BRIEF], 27, color=True)


def test_a_column_gets_its_width_back_at_the_ranks_that_it_names() -> None:
    note = NOTE._replace(grows=[(2, 15)])
    whole = column("WHOLE", "1234567", "", rank=3)
    assert render([NAME, note, whole], 39) == (
        "NAME           NOTE             WHOLE\n"
        "db             a long note th…  1234567\n"
        "log-processor\n"
    )  # fmt: skip
    assert "a long no…" in render([NAME, NOTE._replace(grows=[(4, 15)]), whole], 34)
