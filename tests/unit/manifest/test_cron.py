"""Cron lines as text: names, words, `H`, and where in a line something is wrong."""

from __future__ import annotations

from binascii import crc32
from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.cron import WORDS, BadCron, resolve
from udaemon.policy.calendar import Cron, following


@pytest.mark.parametrize(
    ("line", "resolved"),
    [
        ("30 4 * * mon-fri", "30 4 * * 1-5"),
        ("0 0 1 JAN,jul *", "0 0 1 1,7 *"),
        ("*/15 9-17 * * *", "*/15 9-17 * * *"),
        ("0 0 * * fri-sun", "0 0 * * 5-7"),
        ("0 0 L * *", "0 0 L * *"),
        ("0 0 * * fri#2,5L", "0 0 * * 5#2,5L"),
        ("  5  0  *  *  *  ", "5 0 * * *"),
        ("@Daily", "0 0 * * *"),
        ("5-5/10 3 * * mon-mon/2", "5 3 * * 1"),
    ],
)
def test_names_and_words_become_numbers(line: str, resolved: str) -> None:
    assert resolve(line, 0) == resolved


@pytest.mark.parametrize(
    ("line", "offset"),
    [
        ("60 * * * *", 0),
        ("* * 0 * *", 4),
        ("* *  32 * *", 5),
        ("1,2,99 * * * *", 4),
        ("0 0 30 2 *", 4),
        ("0 0 31 4,6,9,11 *", 4),
        ("0 0 30-31 2 *", 4),
        ("0 0 31/2 2,4 *", 4),
        ("0 0 30,31/1 2 */2", 4),
        ("* * * 13 *", 6),
        ("* * * * 8", 8),
        ("* * * * x", 8),
        ("5-1 * * * *", 0),
        ("*/x * * * *", 0),
        ("", 0),
        ("@sometimes", 0),
        ("1- * * * *", 0),
        ("\u0661 * * * *", 0),
    ],
)
def test_what_is_wrong_is_told_at_its_field(line: str, offset: int) -> None:
    with pytest.raises(BadCron) as caught:
        resolve(line, 0)
    assert caught.value.offset == offset


@pytest.mark.parametrize("line", ["0 0 31 2 mon", "0 0 29 2 *", "0 0 31 1-3 *", "0 0 30,31 */2 *", "0 0 31 1/1 *"])
def test_a_day_that_comes_at_times_is_a_day(line: str) -> None:
    assert resolve(line, 0)


@given(st.integers(0, 2**32 - 1))
def test_h_is_within_its_range_and_always_the_same(seed: int) -> None:
    minute, hour, day, month, week = resolve("H H(2-5) H H H", seed).split()

    assert 0 <= int(minute) <= 59
    assert 2 <= int(hour) <= 5
    assert 1 <= int(day) <= 28
    assert 1 <= int(month) <= 12
    assert 0 <= int(week) <= 6
    assert resolve("H/15 H * * *", seed) == resolve("H/15 H * * *", seed)
    start = int(resolve("H/15 * * * *", seed).partition("-")[0])
    assert 0 <= start < 15


def test_h_spreads() -> None:
    assert len({resolve("H * * * *", seed) for seed in (crc32(bytes([one])) for one in range(200))}) > 30


@given(st.text("0123456789*/,-HL#?@ abcMON()", max_size=24) | st.sampled_from(sorted(WORDS)))
def test_any_text_is_a_line_or_an_error(text: str) -> None:
    try:
        resolved = resolve(text, 7)
    except BadCron as bad:
        told = bad.message != "" and 0 <= bad.offset <= len(text)
    else:
        told = resolve(resolved, 0) == resolved
    assert told


_TERMS = [
    *("* */2 */31 0 1 5 28 29 30 31 31/2 29-31 30-31 30-31/2 1,31 30,31/1 5-5/10 0-0/5 7-7 L LW fri#2 5L".split()),
    *("H H/15 H(29-30) H(0-29)/30 feb feb-feb feb/2 4-6/2 sun fri-sun mon-mon/3".split()),
]


@given(st.lists(st.sampled_from(_TERMS), min_size=5, max_size=5), st.integers(0, 10**9))
def test_what_is_a_line_is_one_for_the_library_that_reads_it(fields: list[str], seed: int) -> None:
    """An error of the library would come up in the supervisor."""
    try:
        resolved = resolve(" ".join(fields), seed)
    except BadCron:
        return
    assert Cron(resolved, UTC).after(1.8e9) is None or resolved


def test_h_in_a_part_of_the_hour_stays_in_it() -> None:
    for seed in range(60):
        minutes = Cron(resolve("H(0-29)/30 * * * *", seed), UTC)
        assert {datetime.fromtimestamp(due, UTC).minute < 30 for due in islice(following(minutes, 1.8e9), 4)} == {True}
