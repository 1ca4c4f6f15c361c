"""Frames in every way they can be cut, and what is no frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.frames import FrameBuffer, FrameError, frame


@given(payloads=st.lists(st.binary(max_size=40), max_size=6), cuts=st.lists(st.integers(1, 9), min_size=1))
def test_frames_arrive_whole_however_the_stream_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(payload) for payload in payloads)
    buffer = FrameBuffer(100)
    got: list[bytes] = []
    at = turn = 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        got += buffer.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert got == payloads
    assert buffer.held == 0


def test_a_frame_that_announces_too_much_is_refused_before_it_comes() -> None:
    buffer = FrameBuffer(65536)
    with pytest.raises(FrameError, match=r"1073741824 bytes; at most 65536"):
        list(buffer.feed((1 << 30).to_bytes(4, "big")))
    assert buffer.held == 0


def test_frames_before_one_that_is_too_long_are_given() -> None:
    payloads = FrameBuffer(5).feed(frame(b"1") + frame(b"22") + frame(b"666666"))
    assert [next(payloads), next(payloads)] == [b"1", b"22"]
    with pytest.raises(FrameError):
        next(payloads)


def test_the_longest_frame_is_taken() -> None:
    assert list(FrameBuffer(5).feed(frame(b"12345"))) == [b"12345"]


def test_the_beginning_of_a_frame_is_held() -> None:
    buffer = FrameBuffer(100)
    assert list(buffer.feed(b"\0\0\0")) == []
    assert buffer.held == 3
