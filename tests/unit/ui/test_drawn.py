"""What rich draws is as wide as it was asked to be."""

from __future__ import annotations

import pytest
from rich.text import Text

from udaemon.ui.drawn import drawn


@pytest.mark.parametrize("term", ["xterm", "dumb", "unknown", ""])
@pytest.mark.parametrize("width", [40, 80, 150])
def test_a_line_has_the_width_of_the_terminal_whatever_that_is_called(
    term: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "33")
    for color in (True, False):
        assert drawn(Text("x" * 200), width=width, color=color).splitlines()[0] == "x" * width
