"""How lines of logs look: who wrote them, in which colour, and nothing of a daemon's that could move a cursor."""

from __future__ import annotations

import pytest

from udaemon.logs.entries import Entry
from udaemon.logs.tail import LogSource
from udaemon.ui.loglines import LogLines

WEB = LogSource("web", "/web.log", 2, prefixed=True)
DB = LogSource("database", "/db.log", 1, prefixed=True)
STAMP = b"2026-11-24T14:00:00.000Z"


def entry(text: bytes, instance: int | None = None, stamp: bytes = STAMP) -> Entry:
    return Entry(stamp, instance, text)


def test_the_bar_stands_where_the_widest_name_ends() -> None:
    shown = LogLines([WEB, DB], color=False).shown([(WEB, entry(b"one", 1)), (DB, entry(b"two"))])
    assert shown == b"web/1      | one\ndatabase/0 | two\n"


def test_an_instance_of_several_that_is_not_known_is_the_daemon() -> None:
    assert LogLines([WEB], color=False).shown([(WEB, entry(b"x", None))]) == b"web   | x\n"


def test_the_time_is_shown_where_that_is_asked_for_and_known() -> None:
    lines = LogLines([DB], color=False, timestamps=True)
    assert lines.shown([(DB, entry(b"x")), (DB, entry(b"y", stamp=b""))]) == (
        b"database/0 | 2026-11-24T14:00:00.000Z x\ndatabase/0 | y\n"
    )


def test_each_instance_keeps_its_colour() -> None:
    lines = LogLines([WEB, DB], color=True)
    first = lines.shown([(WEB, entry(b"a", 0))])
    again = lines.shown([(WEB, entry(b"a", 0))])
    other = lines.shown([(WEB, entry(b"a", 1))])
    assert first == again
    assert first.split(b"m", 1)[0] != other.split(b"m", 1)[0]
    assert b"\033[0m" in first


def test_what_could_move_a_cursor_is_shown_as_an_escape_unless_it_is_asked_for() -> None:
    text = b"\x1b[2Jgone \x1b[31mred\x1b[0m \xff"
    plain = LogLines([DB], color=False).shown([(DB, entry(text))])
    assert b"\x1b" not in plain
    assert b"\\xff" in plain
    colored = LogLines([DB], color=True).shown([(DB, entry(text))])
    assert b"\x1b[31mred" in colored
    assert b"\x1b[2J" not in colored
    assert text in LogLines([DB], color=False, raw=True).shown([(DB, entry(text))])


LONG = LogSource("nightly-export-of-customer-invoices", "/nightly.log", 1)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (30, "nightly…es/0"),
        (50, "nightly-ex…ces/0"),
        (80, "nightly-export-of…voices/0"),
        (120, "nightly-export-of-customer-invoices/0"),
        (None, "nightly-export-of-customer-invoices/0"),
    ],
)
def test_on_a_terminal_a_long_name_leaves_room_for_what_is_said(columns: int | None, name: str) -> None:
    lines = LogLines([LONG, WEB], color=False, available=columns)
    shown = lines.shown([(LONG, entry(b"sent 3")), (WEB, entry(b"listens", 1))])
    assert shown.decode() == f"{name} | sent 3\n{'web/1':<{len(name)}} | listens\n"
