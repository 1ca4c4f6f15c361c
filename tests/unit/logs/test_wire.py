"""Messages survive being cut anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.log_target import LogTarget
from udaemon.logs.wire import Unpacker, pack

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=5), st.integers(1, 9))
def test_messages_come_back_however_they_are_cut(messages: list[list[str]], size: int) -> None:
    stream = b"".join(pack(*fields) for fields in messages)
    unpacker = Unpacker()
    out = []
    for at in range(0, len(stream), size):
        out += unpacker.feed(stream[at : at + size])
    assert out == messages


def test_a_target_comes_back_whole() -> None:
    target = LogTarget(
        path="/tmp/\udcff.log",
        name="mailer",
        instance=3,
        tagged=True,
        format="legacy",
        timestamps=False,
        max_size=10,
        max_age=1.5,
        backups=0,
        compress=True,
        drop=True,
    )
    [fields] = Unpacker().feed(pack(*target.fields()))
    back = LogTarget.from_fields(fields)
    assert [getattr(back, name) for name in LogTarget.__slots__] == [
        getattr(target, name) for name in LogTarget.__slots__
    ]
