"""Tests of the logger's pipes by the file that they share."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from udaemon.logs.streams import Streams


class Pipe(SimpleNamespace):
    __hash__ = object.__hash__  # type: ignore[assignment]


def pipes() -> Any:
    return Streams()  # of files and pipes that have no more than what it looks at


def opened(streams: Streams, sink: object) -> Any:
    read, write = os.pipe()
    os.close(write)
    made: Any = Pipe(fd=read, sink=sink)
    streams.add(made)
    return made


def test_an_ended_one_is_closed_and_known_until_it_is_forgotten() -> None:
    streams, file = pipes(), "x.log"
    first, second = opened(streams, file), opened(streams, file)
    number = first.fd
    streams.end(first)
    assert list(streams.values()) == [second]
    assert first.fd == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    assert streams.of(file) == (second, first)
    assert streams.open_of(file) == (second,)
    assert streams.forget_ended(file) == [first]
    assert streams.of(file) == (second,)
    streams.end(second)
    assert not streams.has_open(file)
    assert streams.forget_ended(file) == [second]
    assert streams.of(file) == ()


def test_each_file_has_its_own() -> None:
    streams = pipes()
    one, other = opened(streams, "one"), opened(streams, "other")
    assert streams.of("one") == (one,)
    streams.end(one)
    assert streams.forget_ended("other") == []
    assert streams.has_open("other")
    streams.end(other)
    assert streams.forget_ended("one") == [one]


def test_what_is_gone_may_be_forgotten_again() -> None:
    streams = pipes()
    assert streams.forget_ended("none") == []
    assert streams.of("none") == ()
