"""A figure is a ratio to what it is measured beside, and is judged by it."""

from __future__ import annotations

import pytest
from benchmarks.figures import Figure, table


@pytest.mark.parametrize(
    ("figure", "passed"),
    [
        (Figure("start", "all", "ms", {"floor": 200.0, "udaemon": 400.0}, limit=2), True),
        (Figure("start", "all", "ms", {"floor": 200.0, "udaemon": 401.0}, limit=2), False),
        (Figure("idle", "wake-ups", "count", {"floor": 0, "udaemon": 0}, base=None, limit=0), True),
        (Figure("idle", "wake-ups", "count", {"floor": 0, "udaemon": 1}, base=None, limit=0), False),
        (Figure("start", "all", "ms", {"floor": 200.0}, limit=2), None),
        (Figure("start", "all", "ms", {"floor": 200.0, "udaemon": 400.0}), None),
    ],
)
def test_a_limit_is_a_ratio_where_there_is_a_base(figure: Figure, *, passed: bool | None) -> None:
    """Without a base the value itself is compared; without a limit or a value nothing is judged."""
    assert figure.passed() is passed


def test_the_table_shows_ratio_limit_and_peers() -> None:
    """One line a figure, columns aligned, peers at the end with their own ratio."""
    figures = [
        Figure("start", "100 ran", "ms", {"floor": 200.0, "udaemon": 300.0, "supervisor": 8000.0}, limit=2),
        Figure("idle", "wake-ups", "count", {"floor": 0, "udaemon": 3}, base=None, limit=0),
    ]
    assert table(figures).splitlines() == [
        "row    what             udaemon  base       ratio  limit        others",
        "start  100 ran, ms      300      floor 200  1.50×  ≤ 2×   ok    supervisor 8000 (40.0×)",
        "idle   wake-ups, count  3        -          -      ≤ 0    OVER  floor 0",
    ]
