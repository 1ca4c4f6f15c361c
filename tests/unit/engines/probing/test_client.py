"""The supervisor's end of the prober, over a prober that a test plays: what it is asked, and who hears of a verdict."""

from __future__ import annotations

from typing import cast

import pytest
from tests.fakes.kernel import FakeReactor

from udaemon.engines.base import WritableReactor
from udaemon.engines.helper_process import AGAIN_AFTER, HelperProcess
from udaemon.engines.probing.client import ProberLink
from udaemon.engines.probing.question import Asked
from udaemon.engines.verdict import Verdict


class FakeProber:
    """Takes orders; `fails` while there is no room for a process."""

    def __init__(self) -> None:
        self.is_there = self.fails = False
        self.orders: list[list[object]] = []

    @property
    def pid(self) -> int | None:
        return 7 if self.is_there else None

    def start(self) -> bool:
        self.is_there = not self.fails
        return self.is_there

    def send(self, *words: object) -> None:
        self.orders.append([*words[:3]])

    def end(self) -> None:
        self.is_there = False


class World:
    """`now` is moved by the test; `heard` is what was told of each question, by the path that it asks about."""

    def __init__(self) -> None:
        self.now = 100.0
        self.deaths: list[str] = []
        self.heard: list[tuple[str, bool, str]] = []
        self.link = ProberLink(cast("WritableReactor", FakeReactor()), lambda: self.now, self.deaths.append)
        self.prober = FakeProber()
        self.link._prober = cast("HelperProcess", self.prober)

    def ask(self, path: str) -> int:
        asked = Asked(0, "file", path, 1.0, 1.0, 0.0, 1, 1, False)
        return self.link.ask(asked, lambda ok, reason: self.heard.append((path, ok, reason)))

    def dies(self) -> None:
        self.prober.is_there = False
        self.link._died("has died")

    def passes(self, seconds: float) -> None:
        self.now += seconds
        if self.link.deadline is not None and self.link.deadline <= self.now:
            self.link.expire(self.now)


@pytest.fixture
def world() -> World:
    return World()


def test_there_is_a_prober_when_there_is_something_to_ask(world: World) -> None:
    assert (world.link.pid, world.link.deadline) == (None, None)
    first, second = world.ask("/a"), world.ask("/b")
    assert (world.link.pid, first, second) == (7, 1, 2)
    assert world.prober.orders == [["ask", 1, "file"], ["ask", 2, "file"]]


def test_who_asked_hears_of_the_verdict_and_of_what_is_forgotten_nobody(world: World) -> None:
    world.ask("/a")
    world.link._heard(Verdict(1, True, "is there"))
    world.link._heard(Verdict(9, True, "nobody asked"))
    world.link.forget(1)
    world.link.forget(1)
    world.link._heard(Verdict(1, False, "is gone"))
    assert (world.heard, world.prober.orders[1:]) == ([("/a", True, "is there")], [["forget", 1]])


def test_one_that_dies_is_started_again_and_asked_the_same(world: World) -> None:
    world.ask("/a")
    world.ask("/b")
    world.dies()
    world.link.forget(1)
    world.ask("/c")
    assert world.deaths == ["the prober has died, and is started again"]
    assert (world.link.deadline, len(world.prober.orders)) == (world.now + AGAIN_AFTER, 2)
    world.passes(AGAIN_AFTER)
    assert world.prober.orders[2:] == [["ask", 2, "file"], ["ask", 3, "file"]]
    assert world.link.deadline is None


def test_where_there_is_nothing_to_ask_any_more_none_is_started(world: World) -> None:
    world.ask("/a")
    world.dies()
    world.link.forget(1)
    world.passes(AGAIN_AFTER)
    assert (world.link.pid, world.link.deadline) == (None, None)


def test_where_there_is_no_room_for_one_it_is_tried_again(world: World) -> None:
    world.prober.fails = True
    world.ask("/a")
    assert world.link.deadline == world.now + AGAIN_AFTER
    world.prober.fails = False
    world.passes(AGAIN_AFTER)
    assert world.prober.orders == [["ask", 1, "file"]]


def test_at_the_end_it_is_ended_and_asked_for_no_more(world: World) -> None:
    world.ask("/a")
    world.link.close()
    assert (world.link.pid, world.link._asked) == (None, {})
