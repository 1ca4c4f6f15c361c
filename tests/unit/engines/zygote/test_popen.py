"""What a process believes of what a zygote says of it. That it is born and ends is told in process tests."""

from __future__ import annotations

import errno
import os

import pytest
from tests.fakes.zygote import FakeParent, FakePopen

from udaemon.engines.zygote.popen import Popen


def test_an_errno_is_a_fork_that_failed() -> None:
    parent = FakeParent()
    assert Popen.told(FakePopen("a", parent), [0, errno.ENOMEM])
    assert parent.told == [("failed", "a", "fork: Cannot allocate memory")]


@pytest.mark.parametrize(
    "result", [None, [], [7], "70", [1, 0], [-1, 0], [os.getpid(), 0], [os.getppid(), 0], [7, 1], ["7", 0], {"pid": 7}]
)
def test_nobody_knows_what_became_of_it_by_a_pid_that_is_no_child_of_ours(result: object) -> None:
    parent = FakeParent()
    popen = FakePopen("a", parent)
    assert not Popen.told(popen, result)
    assert (parent.told, popen.pid) == ([], None)
