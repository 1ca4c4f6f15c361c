"""Times on the command line: one reader for all of them, which tells its bounds."""

from __future__ import annotations

import time

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.cli.main import main
from udaemon.cli.parameters import DURATION, MOMENT

NOON = 1795521600.0


@pytest.mark.parametrize(
    "argv",
    [
        ("down", "-t", "999999d"),
        ("stop", "-t", "3651d", "x"),
        ("stop", "--wait-timeout", "99999999999", "x"),
        ("start", "--wait-timeout", "99999999999", "x"),
        ("restart", "--wait-timeout", "1000000d", "x"),
        ("up", "-d", "--wait-timeout", "99999999999"),
        ("wait", "--timeout", "9999999h", "x"),
        ("run", "x", "--sleep", "9" * 50),
        ("run", "x", "--min-sleep", "99999d"),
        ("logs", "--since", "999999d"),
        ("logs", "--since", "9" * 40 + "d"),
    ],
)
def test_a_time_that_is_too_long_is_a_usage_error_that_tells_the_limit(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert "is too long; 3650d at most" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1795521600", NOON),
        ("1795521600.25", NOON + 0.25),
        ("@60", 60.0),
        ("@0", 0.0),
        ("2026-11-24T12:00:00Z", NOON),
        ("2026-11-24T13:00:00+01:00", NOON),
        ("2026-11-24 12:00:00.500Z", NOON + 0.5),
        ("1969-01-01", 0.0),
        ("0001-01-01", 0.0),
        ("0001-01-01T00:00:00+14:00", 0.0),
    ],
)
def test_a_moment_is_a_date_or_a_unix_time(text: str, moment: float) -> None:
    assert MOMENT.convert(text, None, None) == moment


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600), ("90", 90), ("3650d", 315360000), ("1d12h", 129600)])
def test_a_moment_is_a_duration_before_now(text: str, seconds: float) -> None:
    before = time.time()
    assert before <= MOMENT.convert(text, None, None) + seconds <= time.time() + 0.001


@pytest.mark.parametrize("text", ["253402300800", "1795521600000", "@" + "9" * 400])
def test_a_unix_time_in_milliseconds_is_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--since", text]) == 2
    assert "a Unix time is in seconds" in capsys.readouterr().err


@given(st.text() | st.from_regex(r"@?[0-9]{1,30}[.:dhms-]?[0-9]*", fullmatch=True))
def test_whatever_is_written_is_a_time_or_a_usage_error(text: str) -> None:
    for kind in (DURATION, MOMENT):
        try:
            assert 0 <= kind.convert(text, None, None) < 1e12
        except click.BadParameter:
            pass
