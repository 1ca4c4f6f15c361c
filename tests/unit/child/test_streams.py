"""Standard streams in a forked process: one that is right is left untouched, any other is made anew."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

import pytest

from udaemon.child.streams import _stream, take_standard_streams


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


def test_a_stream_of_another_descriptor_or_none_is_made_anew(pipe: tuple[int, int]) -> None:
    for former in (None, io.StringIO(), sys.__stderr__):
        made = _stream(former, pipe[1], "w")
        assert (made.fileno(), made.encoding, made.errors, made.line_buffering) == (
            pipe[1],
            "utf-8",
            "backslashreplace",
            True,
        )


def test_one_that_is_closed_is_made_anew(pipe: tuple[int, int]) -> None:
    with open(pipe[1], "w", encoding="utf-8", closefd=False) as closed:
        pass
    made = _stream(closed, pipe[1], "w")
    made.write("ä\udcff\n")
    assert os.read(pipe[0], 100) == b"\xc3\xa4\\udcff\n"


def test_one_of_the_right_descriptor_is_kept_and_set_right(pipe: tuple[int, int]) -> None:
    with open(pipe[1], "w", encoding="latin-1", closefd=False) as former:
        assert _stream(former, pipe[1], "w") is former
        assert (former.encoding, former.errors, former.line_buffering) == ("utf-8", "backslashreplace", True)


def test_an_input_is_kept_as_it_is(pipe: tuple[int, int]) -> None:
    with open(pipe[0], encoding="latin-1", closefd=False) as former:
        assert _stream(former, pipe[0], "r") is former
        assert former.encoding == "latin-1"


def test_all_three_serve_their_numbers() -> None:
    before = sys.stdin, sys.stdout, sys.stderr, sys.__stdin__
    try:
        take_standard_streams()
        assert [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)] == [0, 1, 2]
    finally:
        sys.stdin, sys.stdout, sys.stderr, sys.__stdin__ = before  # type: ignore[misc]
