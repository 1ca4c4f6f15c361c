"""Lines of a file taken apart again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.entries import Entry, keyed, parse, stamp_of
from udaemon.logs.format import LineFormatter, Stamps
from udaemon.logs.log_target import LogTarget

NOON = 1_795_521_600.25
STAMP = b"2026-11-24T12:00:00.250Z"
SECOND = b"2026-11-24T12:00:00.000Z"
LEGACY = b"11/24/2026 12:00:00 p [17768] "


@pytest.mark.parametrize(
    ("line", "tagged", "expected"),
    [
        (STAMP + b" hello", False, Entry(STAMP, None, b"hello")),
        (STAMP + b" [1] hello", True, Entry(STAMP, 1, b"hello")),
        (STAMP + b" [1] hello", False, Entry(STAMP, None, b"[1] hello")),
        (b"[1] hello", True, Entry(b"", 1, b"hello")),
        (b"hello", True, Entry(b"", None, b"hello")),
        (b"", False, Entry(b"", None, b"")),
        (LEGACY + b"hello world", False, Entry(SECOND, None, b"hello world")),
        (LEGACY + b"3> hello", True, Entry(SECOND, 3, b"hello")),
        (LEGACY + b"3> hello", False, Entry(SECOND, None, b"3> hello")),
        (LEGACY + b"udaemon: hm", True, Entry(SECOND, None, b"udaemon: hm")),
        (LEGACY + b"[x] ] y", False, Entry(SECOND, None, b"[x] ] y")),
        (b"11/24/2026 12:00:00 - P- [1] - Daemon", False, Entry(b"", None, b"11/24/2026 12:00:00 - P- [1] - Daemon")),
        (b'{"line":1}', False, Entry(b"", None, b'{"line":1}')),
        (b'{"name":"a","line":"cut', False, Entry(b"", None, b'{"name":"a","line":"cut')),
    ],
)
def test_a_line_is_taken_apart(line: bytes, tagged: bool, expected: Entry) -> None:
    assert parse(line, tagged=tagged) == expected


LOOKALIKES = [
    STAMP + b" hello",
    LEGACY + b"hello",
    b'{"name":"a","line":"x"}',
    b'{"time":"2026-11-24T12:00:00.250Z","name":"a","instance":0,"line":"x"}',
    b'{"name":"a","line":5}',
    b'{"name":"a","line":null,"level":"info"}',
]


@pytest.mark.parametrize("line", LOOKALIKES)
def test_f91_an_apps_line_is_told_from_ours_by_where_it_stands_and_not_by_its_looks(line: bytes) -> None:
    assert parse(line, tagged=False, prefixed=False) == Entry(b"", None, line)
    assert parse(b"[1] " + line, tagged=True, prefixed=False) == Entry(b"", 1, line)
    assert parse(STAMP + b" " + line, tagged=False) == Entry(STAMP, None, line)
    assert parse(STAMP + b" [0] " + line, tagged=True) == Entry(STAMP, 0, line)
    [ours] = LineFormatter(LogTarget(path="/x", name="m", format="json")).feed(line + b"\n", NOON).splitlines()
    assert parse(ours, tagged=False) == Entry(STAMP, 0, line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"name":"a","line":5}',
        b'{"name":"a","line":{"line":"x"}}',
        b'{"name":"a","line":"x","level":"info"}',
        b'{"name":"a","line":"x"} {"line":"y"}',
        b'{"name":"a","line":"x","line":"y"}',
        b'{"name":"a", "line":"x"}',
        b'{"name":"a","line":"\xc3\xa4"}',
        b'{"name":"a","line":"\\x"}',
        b'{"time":"yesterday","name":"a","line":"x"}',
        b'{"name":"a","line":' + b"[" * 100_000 + b"}",
        b'{"name":"a","line":"cut',
    ],
)
def test_json_that_is_not_ours_to_the_last_byte_is_text(line: bytes) -> None:
    assert parse(line, tagged=False) == Entry(b"", None, line)


@given(st.binary(max_size=80), st.booleans(), st.booleans())
def test_no_bytes_are_too_strange(line: bytes, tagged: bool, prefixed: bool) -> None:
    assert parse(line, tagged=tagged, prefixed=prefixed).text in line


@given(
    st.binary(max_size=50).map(lambda text: text.replace(b"\n", b"")),
    st.booleans(),
    st.integers(0, 20),
    st.sampled_from([("plain", STAMP), ("legacy", SECOND)]),
)
def test_what_was_formatted_is_read_back(text: bytes, tagged: bool, instance: int, form: tuple[str, bytes]) -> None:
    target = LogTarget(path="/x", instance=instance, tagged=tagged, format=form[0])
    [line] = LineFormatter(target).feed(text + b"\n", NOON).split(b"\n")[:-1]
    assert parse(line, tagged=tagged) == Entry(form[1], instance if tagged else None, text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=30))
def test_json_is_read_back(text: str) -> None:
    target = LogTarget(path="/x", name="m", instance=1, format="json")
    line = LineFormatter(target).feed(text.encode() + b"\n", NOON)[:-1]
    assert parse(line, tagged=True) == Entry(STAMP, 1, text.encode())


def test_a_note_in_json_belongs_to_no_instance() -> None:
    line = LineFormatter(LogTarget(path="/x", format="json")).note("hm", NOON)[:-1]
    assert parse(line, tagged=True) == Entry(STAMP, None, b"hm")


def test_the_key_never_goes_back_within_a_log() -> None:
    entries = [Entry(b"2", None, b"a"), Entry(b"", None, b"b"), Entry(b"1", None, b"c"), Entry(b"3", None, b"d")]
    assert [key for key, _ in keyed(entries)] == [b"2", b"2", b"2", b"3"]


def test_a_moment_is_written_as_stamps_are() -> None:
    assert stamp_of(NOON) == Stamps().at(NOON) == STAMP
