"""Chunks made into lines: prefixes, lines held back, overlong lines, JSON."""

from __future__ import annotations

import json
import os

import pytest

from udaemon.logs.entries import parse
from udaemon.logs.format import GOES_ON, LONGEST_LINE, LegacySeconds, LineFormatter, Stamps
from udaemon.logs.log_target import LogTarget

NOON = 1_795_521_600.25


def formatter(**keys: object) -> LineFormatter:
    return LineFormatter(LogTarget(path="/x.log", **({"timestamps": False} | keys)))  # type: ignore[arg-type]


def test_a_stamp_is_rfc_3339_in_utc_with_milliseconds() -> None:
    assert Stamps().at(NOON) == b"2026-11-24T12:00:00.250Z"


def test_a_legacy_time_is_in_utc_with_seconds() -> None:
    assert LegacySeconds().at(NOON) == b"11/24/2026 12:00:00"


def test_legacy_lines_each_name_the_process_and_one_of_several_copies() -> None:
    alone = formatter(format="legacy", instance=0)
    alone.pid = 17768
    assert alone.feed(b"hello world\n\n", NOON) == (
        b"11/24/2026 12:00:00 p [17768] hello world\n11/24/2026 12:00:00 p [17768] \n"
    )
    one = formatter(format="legacy", tagged=True, instance=3)
    one.pid = 17768
    assert one.feed(b"hello\nwor", NOON) + one.finish(NOON) == (
        b"11/24/2026 12:00:00 p [17768] 3> hello\n11/24/2026 12:00:00 p [17768] 3> wor\n"
    )


def test_bytes_pass_as_they_come_where_no_prefix_is_wanted() -> None:
    chunk = b"a\n\x00\xff\x1b[31m\nb\r\n"
    assert formatter().feed(chunk, NOON) is chunk


def test_every_line_gets_its_stamp_and_its_tag() -> None:
    lines = formatter(timestamps=True, tagged=True, instance=1).feed(b"a\n\nb\n", NOON)
    head = b"2026-11-24T12:00:00.250Z [1] "
    assert lines == head + b"a\n" + head + b"\n" + head + b"b\n"


def test_the_beginning_of_a_line_waits_for_its_end() -> None:
    lines = formatter(tagged=True)
    assert lines.feed(b"one\ntw", NOON) == b"[0] one\n"
    assert lines.feed(b"o", NOON) == b""
    assert lines.feed(b"!\nthree", NOON) == b"[0] two!\n"
    assert lines.finish(NOON) == b"[0] three\n"
    assert lines.finish(NOON) == b""


def test_f24_a_line_without_end_passes_as_it_comes_where_lines_have_no_prefix() -> None:
    lines = formatter()
    whole = b"x" * (3 * LONGEST_LINE + 5)
    out = b"".join(lines.feed(whole[at : at + 4096], NOON) for at in range(0, len(whole), 4096))
    assert out + lines.finish(NOON) == whole + b"\n"


def test_f24_a_line_without_end_is_split_with_a_mark_where_lines_have_a_prefix() -> None:
    lines = formatter(tagged=True)
    out = lines.feed(b"x" * LONGEST_LINE, NOON) + lines.feed(b"yz\n", NOON)
    assert out == b"[0] " + b"x" * LONGEST_LINE + GOES_ON + b"\n[0] yz\n"


def test_f24_an_overlong_line_that_ends_at_the_limit_is_ended_once() -> None:
    bare = formatter()
    assert bare.feed(b"x" * LONGEST_LINE, NOON) == b"x" * LONGEST_LINE
    assert bare.finish(NOON) == b"\n"
    tagged = formatter(tagged=True)
    tagged.feed(b"x" * LONGEST_LINE, NOON)
    assert tagged.finish(NOON) == b""


@pytest.mark.parametrize("keys", [{}, {"tagged": True}, {"format": "json"}, {"format": "legacy"}, {"timestamps": True}])
@pytest.mark.parametrize("letter", ["ä", "€", "𝄞"])
@pytest.mark.parametrize("shift", range(4))
def test_f24_an_overlong_line_is_cut_between_two_characters(keys: dict[str, object], letter: str, shift: int) -> None:
    lines = formatter(**keys)
    whole = b"x" * shift + letter.encode() * LONGEST_LINE
    out = [lines.feed(whole[at : at + 65536], NOON) for at in range(0, len(whole), 65536)]
    out.append(lines.feed(b"\n", NOON))
    for piece in out:
        assert "\N{REPLACEMENT CHARACTER}" not in piece.decode("utf-8", "replace")
        assert b"\\x" not in piece


def test_f24_what_is_no_utf_8_is_cut_at_the_limit() -> None:
    for end in (b"\x80" * 5, b"\xff", b"\xfe\xff"):
        assert formatter().feed(b"x" * (LONGEST_LINE - len(end)) + end, NOON)[-len(end) :] == end


def test_f24_json_says_that_a_line_goes_on() -> None:
    lines = formatter(format="json", name="m")
    out = lines.feed(b"x" * LONGEST_LINE, NOON) + lines.feed(b"y" * LONGEST_LINE, NOON) + lines.feed(b"z\nnext\n", NOON)
    told = [json.loads(line) for line in out.splitlines()]
    assert [(one["line"][:1], one.get("partial")) for one in told] == [
        ("x", True),
        ("y", True),
        ("z", None),
        ("n", None),
    ]
    first = out.splitlines()[0]
    assert parse(first, tagged=False).text == b"x" * LONGEST_LINE + GOES_ON


def test_json_is_one_object_a_line_whatever_the_bytes() -> None:
    lines = formatter(format="json", timestamps=True, name="mailer", instance=2).feed(b'say "hi"\n\xff\x1b\\n\n', NOON)
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"time": "2026-11-24T12:00:00.250Z", "name": "mailer", "instance": 2, "line": 'say "hi"'},
        {"time": "2026-11-24T12:00:00.250Z", "name": "mailer", "instance": 2, "line": "\\xff\x1b\\n"},
    ]


def test_json_without_stamps_has_no_time() -> None:
    assert formatter(format="json", name="m").feed(b"a\n", NOON) == b'{"name":"m","instance":0,"line":"a"}\n'


def test_a_note_of_ours_stands_as_other_lines_do() -> None:
    assert formatter().note("hm", NOON) == b"udaemon: hm\n"
    assert formatter(timestamps=True, tagged=True).note("hm", NOON) == b"2026-11-24T12:00:00.250Z udaemon: hm\n"
    assert json.loads(formatter(format="json").note("hm", NOON))["line"] == "hm"
    ours = b"11/24/2026 12:00:00 p [%d] udaemon: hm\n" % os.getpid()
    assert formatter(format="legacy", tagged=True).note("hm", NOON) == ours
