"""Where a log pipe goes, as texts and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from udaemon.logs.log_target import JSON, LEGACY, PLAIN, LogTarget
from udaemon.logs.wire import Unpacker, pack

WORD = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
TARGETS = st.builds(
    LogTarget,
    path=WORD,
    name=WORD,
    instance=st.integers(0, 10_000),
    tagged=st.booleans(),
    format=st.sampled_from([PLAIN, JSON, LEGACY]),
    timestamps=st.booleans(),
    max_size=st.none() | st.integers(1, 2**62),
    max_age=st.none() | st.floats(min_value=1e-9, max_value=1e11),
    backups=st.integers(0, 9999),
    compress=st.booleans(),
    drop=st.booleans(),
    ready=WORD,
    health=WORD,
    healthy_for=st.floats(min_value=0.0, max_value=1e11),
)


@given(TARGETS)
def test_each_word_of_it_comes_through_to_the_logger(target: LogTarget) -> None:
    [fields] = Unpacker().feed(pack(*target.fields()))
    there = LogTarget.from_fields(fields)
    assert [getattr(there, name) for name in LogTarget.__slots__] == [
        getattr(target, name) for name in LogTarget.__slots__
    ]


def test_what_an_older_udaemon_kept_is_read() -> None:
    older = LogTarget(path="/x", backups=3).fields()[:11]
    there = LogTarget.from_fields(older)
    assert (there.path, there.backups, there.ready, there.health, there.healthy_for) == ("/x", 3, "", "", 0.0)
