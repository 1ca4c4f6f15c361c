"""How wide a terminal is said to be."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from udaemon.cli.data_format import terminal_width


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    ours, theirs = pty.openpty()
    with open(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("said", "columns"),
    [("120", 120), ("1", 1), ("", 80), ("0", 80), ("-5", 80), ("x", 80), ("²", 80), ("٣", 80), ("9" * 5000, 80)],
)
def test_columns_says_it_where_it_is_a_number(
    said: str, columns: int, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", said)
    assert terminal_width(terminal) == columns
