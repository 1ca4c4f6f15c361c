"""Lines that say that a daemon is ready or well, in chunks as they come from a pipe."""

from __future__ import annotations

import time

import pytest

from udaemon.logs.log_target import LogTarget
from udaemon.logs.matching import LONGEST, Found, Matcher


def matcher(**keys: object) -> Matcher:
    return Matcher(LogTarget(path="/x", **keys))  # type: ignore[arg-type]


def fed(looks: Matcher, *chunks: bytes, now: float = 0.0) -> list[Found]:
    return [found for chunk in chunks for found in looks.feed(chunk, now)]


def test_a_line_is_found_however_it_is_cut_and_once_only() -> None:
    looks = matcher(ready=r"^listening on :\d+$")
    assert fed(looks, b"starts\nnot listening on :80\nlist", b"ening on", b" :8") == []
    assert fed(looks, b"0\r\nmore\n", b"listening on :81\n") == [Found("ready", "listening on :80")]


def test_a_line_counts_when_it_ends() -> None:
    looks = matcher(ready="up")
    assert fed(looks, b"up") == []
    assert fed(looks, b"\n") == [Found("ready", "up")]


def test_a_pattern_sees_one_line_at_a_time() -> None:
    assert fed(matcher(ready=r"a\s+b"), b"a\nb\n") == []


def test_what_says_that_it_is_well_rests_after_each_line() -> None:
    looks = matcher(health="^beat", healthy_for=5.0)
    assert fed(looks, b"beat 1\n", b"beat 2\n", now=10.0) == [Found("health", "beat 1")]
    assert fed(looks, b"beat 3\n", now=14.9) == []
    assert fed(looks, b"beat 4\n", now=15.0) == [Found("health", "beat 4")]


def test_a_line_may_be_long_or_no_text_and_its_beginning_is_looked_at() -> None:
    long = b"ready " + b"x" * LONGEST * 3
    assert fed(matcher(ready="^ready x"), long[:5000], long[5000:], b"\n") == [Found("ready", ("ready " + "x" * 194))]
    assert fed(matcher(ready="z$"), b"x" * LONGEST + b"z\n") == []
    assert fed(matcher(ready="up$"), b"\xff\0 up\n") == [Found("ready", "\ufffd\ufffd up")]


@pytest.mark.timing
@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (r"(a+)+$", b"a" * (LONGEST - 1) + b"b"),
        (r"(?:a|a)*b", b"a" * LONGEST),
        (r"a*a*a*a*b", b"a" * LONGEST),
        (r".*x.*x.*x.*y", b"xaaa" * (LONGEST // 4)),
        (r"(.*)\1\1\1y", b"ab" * (LONGEST // 2)),
    ],
)
def test_no_pattern_keeps_the_logger_for_long(pattern: str, line: bytes) -> None:
    looks = matcher(ready=pattern, health="alive")
    began = time.thread_time()
    assert fed(looks, line + b"\n", b"alive\n") == [Found("ready", None), Found("health", "alive")]
    assert time.thread_time() - began < 2.0
    assert fed(looks, line + b"\n") == []
