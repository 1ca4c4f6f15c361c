"""Reports from a child: whole frames come through whatever the pieces, and nonsense is met calmly."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.report import (
    FRAME_LIMIT,
    REASONS,
    TEXT_LIMIT,
    FrameReader,
    GoodRun,
    Leaving,
    Missed,
    ReadyReport,
    Report,
    Reporter,
    RunDone,
    RunFailed,
    RunsDropped,
    encode,
)
from udaemon.frames import frame

texts = st.text(st.characters(), max_size=300)
counts = st.integers(0, 2**53 - 1)
seconds = st.floats(-(2**52), 2**52)
reports = st.one_of(
    st.just(ReadyReport()),
    st.builds(RunFailed, counts, texts),
    st.builds(RunDone, counts, seconds, seconds, seconds),
    st.builds(RunsDropped, counts),
    st.builds(Missed, counts),
    st.builds(Leaving, st.sampled_from(REASONS), st.none() | texts),
)


@given(st.lists(reports, max_size=8), st.integers(1, 50))
def test_reports_come_through_in_any_pieces(sent: list[Report], step: int) -> None:
    data = b"".join(map(encode, sent))
    reader = FrameReader()

    got = [report for at in range(0, len(data), step) for report in reader.feed(data[at : at + step])]

    assert got == sent
    assert not reader.broken


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_garbage_never_raises(pieces: list[bytes]) -> None:
    reader = FrameReader()

    assert all(isinstance(reader.feed(piece), list) for piece in pieces)


def test_what_came_before_a_broken_frame_counts_and_nothing_after() -> None:
    reader = FrameReader()

    assert reader.feed(encode(ReadyReport()) + frame(b"{nonsense")) == [ReadyReport()]
    assert reader.broken
    assert reader.feed(encode(ReadyReport())) == []


def test_a_frame_over_the_limit_is_broken_at_its_header() -> None:
    reader = FrameReader()

    assert reader.feed((FRAME_LIMIT + 1).to_bytes(4, "big")) == []
    assert reader.broken


def test_deep_nesting_is_broken() -> None:
    reader = FrameReader()

    reader.feed(frame(b"[" * 60_000))

    assert reader.broken


def test_unknown_kinds_and_wrong_types_are_passed_over() -> None:
    reader = FrameReader()
    bodies = [
        b'{"kind": "later"}',
        b'{"kind": "run-failed", "id": true, "error": "x"}',
        b'{"kind": "run-failed", "id": -1, "error": "x"}',
        b'{"kind": "leaving", "reason": "bored", "message": null}',
        b'{"kind": "leaving", "reason": ["stopped"]}',
        b'{"kind": "leaving", "reason": "stopped", "message": 7}',
    ]

    assert reader.feed(b"".join(map(frame, bodies))) == [Leaving("stopped", None)]
    assert not reader.broken


def test_long_texts_are_cut() -> None:
    framed = encode(Leaving("exception", "\u2028" * 100_000))

    assert len(framed) <= FRAME_LIMIT
    assert FrameReader().feed(framed) == [Leaving("exception", "\u2028" * TEXT_LIMIT)]


@pytest.mark.parametrize("report", [RunFailed(1, "no \udcff here"), Leaving("exception", "no \udcff here")])
def test_half_of_a_surrogate_pair_is_an_escape(report: Report) -> None:
    """As in the name of a file that is no UTF-8: what is written as JSON has to be read by others."""
    (told,) = FrameReader().feed(encode(report))
    assert "no \\udcff here" in told
    assert json.dumps(told, ensure_ascii=False).encode()


def test_a_reporter_sends_and_survives_a_supervisor_that_is_gone() -> None:
    ours, theirs = socket.socketpair()
    reporter = Reporter(ours.detach())
    reporter.send(ReadyReport())
    data = theirs.recv(1000)
    theirs.close()
    reporter.send(ReadyReport())
    reporter.send(ReadyReport())

    assert FrameReader().feed(data) == [ReadyReport()]


def test_f5_a_reporter_never_waits_for_a_supervisor_that_does_not_read() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        reporter = Reporter(ours.detach())
        for number in range(3000):
            reporter.send(RunFailed(number, "x" * 1000))

        reader = FrameReader()
        theirs.setblocking(False)
        got: list[Report] = []
        with suppress(BlockingIOError):
            while data := theirs.recv(65536):
                got += reader.feed(data)
        reporter.send(GoodRun())  # there is room again
        got += reader.feed(theirs.recv(65536))
        reporter.cut_off()

    assert 0 < len(got) < 3000
    assert got == [*(RunFailed(number, "x" * 1000) for number in range(len(got) - 1)), GoodRun()]


def test_without_a_supervisor_nothing_is_told() -> None:
    reporter = Reporter(None)

    assert reporter.send(ReadyReport()) is None  # type: ignore[func-returns-value]
