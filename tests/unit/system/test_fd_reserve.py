"""Descriptors in reserve: with a full table as many files can be opened as were kept, and no more."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from tests.fakes.full_table import full_table

from udaemon.system.fd_reserve import FdReserve


def openable() -> int:
    """How many files can be opened now."""
    fds: list[int] = []
    with suppress(OSError):
        while len(fds) < 10:
            fds.append(os.open("/", os.O_RDONLY))
    for fd in fds:
        os.close(fd)
    return len(fds)


@pytest.mark.parametrize("size", [1, 2])
def test_within_the_block_as_many_files_can_be_opened_as_are_kept(size: int) -> None:
    reserve = FdReserve(size)
    with full_table():
        assert openable() == 0
        with reserve.lent():
            assert openable() == size
        assert openable() == 0
    reserve.close()


def test_what_is_spent_is_missing_until_it_can_be_had_again() -> None:
    reserve = FdReserve()
    with full_table():
        assert reserve.spend()
        taken = os.open("/", os.O_RDONLY)
        reserve.refill()
        assert not reserve.spend()
        os.close(taken)
        reserve.refill()
        assert openable() == 0
        assert reserve.spend()
        assert openable() == 1


def test_nothing_is_open_once_it_is_closed() -> None:
    before = os.listdir("/proc/self/fd")
    reserve = FdReserve(3)
    assert len(os.listdir("/proc/self/fd")) == len(before) + 3
    reserve.close()
    reserve.close()
    assert len(os.listdir("/proc/self/fd")) == len(before)
