"""The drawings are those of the code as it is."""

from __future__ import annotations

import pytest
from tests.docs.scripts import script

drawings = script("drawings")


def test_the_page_of_drawings_is_fresh() -> None:
    assert drawings.PAGE.read_text(encoding="utf-8") == drawings.page(), "run: python docs/drawings.py"


def test_the_page_of_the_start_up_is_fresh() -> None:
    assert drawings.STARTUP_PAGE.read_text(encoding="utf-8") == drawings.startup_page(), "run: python docs/drawings.py"


def test_every_import_points_to_a_row_below_or_to_the_same() -> None:
    rows = drawings.layers()
    height = {room: number for number, row in enumerate(rows) for room in row}
    edges = drawings.imports(list(height))

    assert edges["cli"] != frozenset()
    assert all(height[room] <= height[there] for room in edges for there in edges[room])


@pytest.mark.parametrize(
    ("edges", "drawn"),
    [
        ({"a": "bc", "b": "c", "c": ""}, {"a": "b", "b": "c", "c": ""}),
        ({"a": "bcd", "b": "d", "c": "d", "d": ""}, {"a": "bc", "b": "d", "c": "d", "d": ""}),
        ({"a": "c", "b": "c", "c": ""}, {"a": "c", "b": "c", "c": ""}),
    ],
)
def test_what_follows_from_other_arrows_is_not_drawn(edges: dict[str, str], drawn: dict[str, str]) -> None:
    as_sets = {room: frozenset(there) for room, there in edges.items()}

    assert drawings.reduced(as_sets) == {room: frozenset(there) for room, there in drawn.items()}


def test_an_arrow_that_is_no_call_is_refused() -> None:
    assert drawings.calls(("cli/main.py", "_script"), "spawn_early")  # by a function beside it
    assert drawings.calls(("service/spawn_supervisor.py", "spawn_early"), "_main_forked")  # by its class
    assert not drawings.calls(("service/handoff.py", "await_ready"), "spawn_early")
    assert not drawings.calls(("service/spawn_supervisor.py", "no_such_function"), "spawn_early")


def test_a_process_that_begins_nowhere_is_refused() -> None:
    assert drawings.begins("child/process.py", "run")
    assert not drawings.begins("child/process.py", "no_such_function")
