"""Lengths of time and sizes, rounded for people, and how many there are of what."""

from pathlib import Path

import pytest

import udaemon
from udaemon.units import counted, form, length, mebibytes, output, seconds, short, size


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1.0, "0ms"),
        (0.0, "0ms"),
        (0.0034, "3ms"),
        (0.0994, "99ms"),
        (0.0996, "0.1s"),
        (0.44, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m"),
        (65, "1m5s"),
        (3600, "1h"),
        (3661, "1h1m"),
        (86399.6, "1d"),
        (180000, "2d2h"),
    ],
)
def test_a_length_has_at_most_two_units(seconds: float, shown: str) -> None:
    assert short(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-1.0, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (65, "1 min 5 s"),
        (3661, "1 h 1 min"),
        (86399.6, "1 d"),
        (180000, "2 d 2 h"),
    ],
)
def test_a_length_in_a_sentence_has_blanks(value: float, shown: str) -> None:
    assert length(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.25, "0.25 s"), (0.12345, "0.123 s"), (10, "10 s"), (99.96, "100 s"), (3600.4, "3600 s")]
)
def test_seconds_stay_seconds(value: float, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (1023, "1023"), (1024, "1K"), (17_000_000, "16M"), (2**30 - 1, "1.0G"), (5 * 2**40, "5120.0G")],
)
def test_sizes_are_binary(count: int, shown: str) -> None:
    assert size(count) == shown


def test_sizes_to_compare_are_in_one_unit() -> None:
    assert [mebibytes(count) for count in (0, 70 * 2**20, 2**40)] == ["0.0M", "70.0M", "1048576.0M"]


@pytest.mark.parametrize(("number", "told"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (1000, "1000 lines")])
def test_what_is_counted_is_one_or_several(number: int, told: str) -> None:
    assert counted(number, "line") == told
    assert counted(number, "process", "processes").endswith("process" if number == 1 else "processes")
    assert output(number, number) == f"{told} ({counted(number, 'byte')})"
    assert form(number, "is", "are") == ("is" if number == 1 else "are")


def test_nobody_else_appends_an_s() -> None:
    """Only the errors below this module, and a list of pids, which has no number before it."""
    root = Path(udaemon.__file__).parent
    found = {str(file.relative_to(root)) for file in root.rglob("*.py") if "'s' if" in file.read_text()}
    assert found == {"errors/problem.py", "policy/wording.py"}
