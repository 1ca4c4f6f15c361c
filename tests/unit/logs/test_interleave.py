"""The lines of a daemon that has several files, in the order of their times."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.logs.follow import LogReader
from udaemon.logs.interleave import Wanted, history_of
from udaemon.logs.tail import LogSource

OUT = ["00 first", "02 third", "04 fifth"]
ERR = ["01 second", "03 fourth"]
ALL = ["first", "second", "third", "fourth", "fifth"]


def everything(_entry: object) -> bool:
    return True


def log(path: Path, lines: list[str], *, errors: bool = False) -> tuple[LogReader, Wanted]:
    """A log whose lines begin with the second in which they came."""
    path.write_text("".join(f"2026-11-24T14:00:{line[:2]}.000Z {line[3:]}\n" for line in lines))
    return LogReader(LogSource("web", str(path), errors=errors), following=False), everything


@pytest.fixture
def both(tmp_path: Path) -> list[tuple[LogReader, Wanted]]:
    return [log(tmp_path / "web.log", OUT), log(tmp_path / "web.err.log", ERR, errors=True)]


def texts(logs: list[tuple[LogReader, Wanted]], *, last: int | None = None, since: bytes = b"") -> list[str]:
    try:
        return [row.entry.text.decode() for row in history_of(logs, last=last, since=since)]
    finally:
        for reader, _ in logs:
            reader.close()


def test_they_come_in_the_order_of_their_times(both: list[tuple[LogReader, Wanted]]) -> None:
    assert texts(both) == ALL


@pytest.mark.parametrize(("last", "expected"), [(0, []), (2, ["fourth", "fifth"]), (99, ALL)])
def test_the_last_ones_are_those_of_all_together(
    both: list[tuple[LogReader, Wanted]], last: int, expected: list[str]
) -> None:
    assert texts(both, last=last) == expected


def test_those_from_a_moment_on_are_those_of_each_file(both: list[tuple[LogReader, Wanted]]) -> None:
    assert texts(both, since=b"2026-11-24T14:00:03.000Z") == ["fourth", "fifth"]


def test_what_is_wanted_of_each_is_asked_of_it_alone(both: list[tuple[LogReader, Wanted]]) -> None:
    (out, _), err = both
    assert texts([(out, lambda entry: entry.text == b"third"), err]) == ["second", "third", "fourth"]


def test_each_row_says_where_it_is_from(both: list[tuple[LogReader, Wanted]]) -> None:
    rows = list(history_of(both, last=None, since=b""))
    assert [row.source.errors for row in rows] == [False, True, False, True, False]
    for reader, _ in both:
        reader.close()


def test_one_file_alone_is_read_as_it_is(tmp_path: Path) -> None:
    assert texts([log(tmp_path / "web.log", OUT)], last=2) == ["third", "fifth"]
