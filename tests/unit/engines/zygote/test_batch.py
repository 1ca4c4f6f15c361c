"""A batch of processes: each gets its own result, and what goes wrong with one is nothing to the others."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from tests.fakes.zygote import FakeConnection, FakeParent, FakePopen, Zygotes

from udaemon.engines.zygote.batch import ask, deliver
from udaemon.engines.zygote.protocol import Origin
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.start import Plan


class Spoiled(FakePopen):
    """Cannot take in what it is told."""

    def told(self, result: Any) -> bool:
        raise MemoryError


def connection() -> FakeConnection:
    plan = Plan(output=1, common=(), setup=Setup({}, "/", (), own=()))
    return Zygotes().connect(plan, on_answer=lambda *_: None, on_end=lambda *_: None)


def test_each_is_told_what_it_is_forked_from() -> None:
    parent = FakeParent()
    plain, bare = FakePopen("plain", parent), FakePopen("bare", parent)
    bare.bare = "patches the world"
    zygote = connection()
    ask(zygote, [plain, bare], None)
    assert (plain.origin, bare.origin) == (Origin(100, None), Origin(100, "patches the world"))
    ask(zygote, [plain], "imports gevent")
    assert plain.origin == Origin(100, "imports gevent")
    assert zygote.asked == [["plain", "bare"], ["plain"]]


def test_nobody_is_noted_down_for_a_zygote_that_has_gone_as_asked() -> None:
    zygote = connection()
    zygote.error = OSError(errno.EPIPE, "gone")
    with pytest.raises(OSError, match="gone"):
        ask(zygote, [FakePopen("a", FakeParent())], None)
    assert zygote.asked == []


def test_each_gets_its_result_and_those_without_one_are_lost() -> None:
    parent = FakeParent()
    deliver([FakePopen(name, parent) for name in "abc"], [[7, 0], [-1, 0], [0, errno.EAGAIN]], parent)
    assert parent.told == [
        ("forked", "a"),
        ("failed", "c", "fork: Resource temporarily unavailable"),
        ("lost", "b", "zygote does not know what became of it"),
    ]


def test_f6_one_that_cannot_be_told_costs_no_other() -> None:
    parent = FakeParent()
    batch = [FakePopen("a", parent), Spoiled("b", parent), FakePopen("c", parent)]
    with pytest.raises(MemoryError):
        deliver(batch, [[7, 0], [8, 0], [9, 0]], parent)
    assert parent.told == [("forked", "a"), ("forked", "c")]


def test_more_results_than_were_asked_for_are_a_bug() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        deliver([FakePopen("a", FakeParent())], [[7, 0], [8, 0]], FakeParent())
