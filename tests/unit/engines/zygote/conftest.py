"""What tests of forks have in common: descriptors that every child has, and orphans that come to us."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.fakes.fork import orphans_are_ours


@pytest.fixture
def common() -> Iterator[tuple[int]]:
    """The read end of a pipe that ends with us; nothing is left open."""
    before = len(os.listdir("/proc/self/fd"))
    with orphans_are_ours():
        read, write = os.pipe()
        yield (read,)
        os.close(read)
        os.close(write)
    assert len(os.listdir("/proc/self/fd")) == before
