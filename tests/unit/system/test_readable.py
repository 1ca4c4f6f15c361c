"""Tests of waiting for descriptors whatever their numbers."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator

import pytest

from udaemon.system.readable import wait_readable

BEYOND = 1024
"""The first number that select(2) does not take."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    beyond = fcntl.fcntl(read, fcntl.F_DUPFD_CLOEXEC, BEYOND)
    yield beyond, write
    for fd in (read, write, beyond):
        os.close(fd)


def test_a_number_beyond_those_of_select_is_waited_for(pipe: tuple[int, int]) -> None:
    read, write = pipe
    assert read >= BEYOND
    assert wait_readable(read, timeout=0.0) == ()
    os.write(write, b"x")
    assert wait_readable(read) == (read,)


def test_of_several_those_are_told_that_have_something(pipe: tuple[int, int]) -> None:
    read, _ = pipe
    ended, write = os.pipe()
    os.close(write)
    try:
        assert wait_readable(read, ended, timeout=10.0) == (ended,)
    finally:
        os.close(ended)


def test_no_time_and_less_than_no_time_is_a_look(pipe: tuple[int, int]) -> None:
    assert wait_readable(pipe[0], timeout=-1.0) == ()
