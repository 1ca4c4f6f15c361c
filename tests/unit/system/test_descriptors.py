"""Which descriptors are closed: all but those that are to stay, in as few ranges as there are."""

from __future__ import annotations

import os
import resource

import pytest

from udaemon.system.descriptors import gaps, point_at_null

END = resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.mark.parametrize(
    ("keep", "closed"),
    [
        ([], [(0, END)]),
        ([0, 1, 2], [(3, END)]),
        ([2, 0, 1, 7, 5], [(3, 5), (6, 7), (8, END)]),
        ([4], [(0, 4), (5, END)]),
        ([0, END - 1], [(1, END - 1), (END, END)]),
    ],
)
def test_what_lies_between_is_closed(keep: list[int], closed: list[tuple[int, int]]) -> None:
    assert list(gaps(keep)) == closed


def test_what_is_pointed_at_nothing_keeps_its_number() -> None:
    ends = os.pipe()
    before = len(os.listdir("/proc/self/fd"))
    point_at_null(*ends)
    assert {os.readlink(f"/proc/self/fd/{fd}") for fd in ends} == {os.devnull}
    assert len(os.listdir("/proc/self/fd")) == before
    for fd in ends:
        os.close(fd)
