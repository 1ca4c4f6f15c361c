"""Durations and sizes."""

from __future__ import annotations

import pytest

from udaemon.manifest.measures import (
    format_duration,
    format_size,
    near_duration,
    near_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("5s", 5), ("1m30s", 90), ("1h", 3600), ("2d", 172800), ("5", 5), ("0.25", 0.25), ("1.5h", 5400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "5 s", "1:30", "-1s", "30s1m", "5x", "1e3", "5mm", "٣s", "5s\n", "1" * 65])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("64K", 65536), ("64k", 65536), ("256M", 256 * 1024**2), ("1G", 1024**3), ("1MiB", 1024**2), ("1MB", 10**6)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "1 M", "-1", "1,5G", "1m5", "64KBi", "0x10"])
def test_what_is_no_size(text: str) -> None:
    assert parse_size(text) is None


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (90, "90s"), (120, "2m"), (86400, "1d"), (0.5, "0.5s")])
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_size_is_written_in_its_largest_whole_unit() -> None:
    assert [format_size(size) for size in (0, 1, 1024, 10 * 1024**2)] == ["0", "1", "1K", "10M"]


@pytest.mark.parametrize(
    ("text", "guess"),
    [("5 minutes", "5m"), ("1h 30min", "1h30m"), ("10 sec", "10s"), ("5 apples", None), ("soon", None)],
)
def test_the_right_form_of_a_duration_is_guessed(text: str, guess: str | None) -> None:
    assert near_duration(text) == guess


@pytest.mark.parametrize(
    ("text", "guess"), [("256 megabytes", "256M"), ("1 GB", "1GB"), ("1 GiB", "1G"), ("big", None)]
)
def test_the_right_form_of_a_size_is_guessed(text: str, guess: str | None) -> None:
    assert near_size(text) == guess
