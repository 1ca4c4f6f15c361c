"""A period with spans in which nothing is due."""

from __future__ import annotations

import pytest

from udaemon.child.interrupted import Interrupted
from udaemon.child.schedule import Due

WALL = 1000.0
SPANS = ((1050.0, 1080.0), (1200.0, 1300.0))


def interrupted(period: float = 60.0) -> Interrupted:
    """What is looked at when the monotonic clock says 10 and the wall clock 1000."""
    return Interrupted(SPANS, lambda: WALL, period, 0.0)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (10.0, 10.0),
        (59.9, 59.9),
        (60.0, 90.0),  # 1050 begins the span
        (89.9, 90.0),
        (90.0, 90.0),
        (250.0, 310.0),
        (5.0, 5.0),  # it is late, and now is in no span
    ],
)
def test_a_run_in_a_span_begins_at_its_end(due: float, expected: float) -> None:
    assert interrupted().look(Due(due, due), 10.0).at == pytest.approx(expected)


def test_the_first_run_and_the_next_ones_are_looked_at() -> None:
    planner = interrupted(60.0)
    first = planner.first(0.0, 10.0)
    assert first.at == 10.0
    assert planner.next(first, 10.0, 10.0, kicked=False).at == pytest.approx(90.0)  # 70 is 1060
