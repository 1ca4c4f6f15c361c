"""What the logger says is checked before it is believed."""

from __future__ import annotations

import pytest

from udaemon.logs.answers import Answer, understood
from udaemon.logs.wire import LONGEST, Unpacker, WireError, pack


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("state", "7", "ok"), Answer("state", 7, "ok")),
        (("eof", "7"), Answer("eof", 7)),
        (("lost", "/x.log", "3", "99"), Answer("lost", text="/x.log", lines=3, size=99)),
        (("abandoned", ""), Answer("abandoned")),
        (("left", ""), Answer("left")),
    ],
)
def test_what_it_may_say(fields: tuple[str, ...], expected: Answer) -> None:
    [unpacked] = Unpacker().feed(pack(*fields))
    assert understood(unpacked) == expected


@pytest.mark.parametrize(
    "fields",
    [
        ("state", "one", "ok"),
        ("state", "-1", "ok"),
        ("state", "\u0661", "ok"),
        ("state", "9" * 5000, "ok"),
        ("state", "1"),
        ("eof", "1", "2"),
        ("lost", "/x", "3", "many"),
        ("left", "now"),
        ("",),
    ],
)
def test_anything_else_is_not_understood(fields: tuple[str, ...]) -> None:
    with pytest.raises(WireError):
        understood(fields)


def test_a_length_that_no_message_has_is_not_waited_for() -> None:
    with pytest.raises(WireError):
        Unpacker().feed((LONGEST + 1).to_bytes(4, "big"))
