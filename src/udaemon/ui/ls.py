"""The table of `ls`: a project a row.

Knows no supervisor and no terminal: JSON in, text out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.ui.escape import escape
from udaemon.ui.table import Cell, Column, render
from udaemon.units import short


def table(projects: Sequence[Mapping[str, Any]], available: int | None, *, color: bool = False) -> str:
    """The whole table.

    Args:
        projects: What each supervisor answered to `hello`.
        available: Width of the terminal, None where there is none.
        color: Whether to colour.
    """
    columns = [
        Column("PROJECT", [Cell(escape(one["project"])) for one in projects]),
        Column("CONTEXT", [Cell(escape(one["context"])) for one in projects], 3),
        Column("INSTANCES", [Cell(_states(one["states"])) for one in projects], 1),
        Column("UPTIME", [Cell(short(one["uptime"])) for one in projects], 2, right=True),
        Column("PID", [Cell(str(one["pid"])) for one in projects], 4, right=True),
        Column("MANIFEST", [Cell(escape(one["manifest"])) for one in projects], 2, shrinks_to=24),
    ]
    needed = [column for column in columns if any(cell.text for cell in column.cells)]
    return render(needed, available, color=color)


def _states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {escape(state)}" for state, count in states.items())
