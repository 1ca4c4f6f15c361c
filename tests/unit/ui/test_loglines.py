"""Lines of logs with their instance before a bar."""

from __future__ import annotations

import pytest

from udaemon.logs.entries import Entry
from udaemon.logs.tail import LogSource
from udaemon.ui.loglines import LogLines

LONG = LogSource("nightly-export-of-customer-invoices", "/log/nightly.log", 1)
WEB = LogSource("web", "/log/web.log", 2)


def shown(available: int | None) -> list[str]:
    lines = LogLines([LONG, WEB], color=False, available=available)
    told = lines.shown([(LONG, Entry(b"", 0, b"sent 3")), (WEB, Entry(b"", 1, b"listens"))])
    return told.decode().splitlines()


@pytest.mark.parametrize(
    ("columns", "name"), [(50, "nightly-ex…ces/0"), (80, "nightly-export-of…voices/0"), (30, "nightly…es/0")]
)
def test_on_a_terminal_a_long_name_leaves_room_for_what_is_said(columns: int, name: str) -> None:
    assert shown(columns) == [f"{name} | sent 3", f"{'web/1':<{len(name)}} | listens"]


def test_elsewhere_and_where_there_is_room_it_is_whole() -> None:
    for available in (None, 120):
        assert shown(available)[0] == "nightly-export-of-customer-invoices/0 | sent 3"
