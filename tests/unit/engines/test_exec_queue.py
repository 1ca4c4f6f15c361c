"""Starts that are executed for a moment in each turn: their order, their time, and those that are taken back."""

from __future__ import annotations

import pytest
from tests.fakes.kernel import FakeKernel, FakeReactor

from udaemon.engines.base import CANCELLED
from udaemon.engines.exec_queue import SLICE, ExecQueue
from udaemon.engines.local_request import LocalRequest
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.plan import NO_PLAN

DAEMON = Daemon(name="a", command=("a",))


class World:
    """`takes` is how long each execution takes."""

    def __init__(self) -> None:
        self.takes = SLICE / 4
        self.time = 100.0
        self.executed: list[int] = []
        self.refused: list[tuple[int, str]] = []
        kernel = FakeKernel(FakeReactor())
        kernel.now = lambda: self.time  # type: ignore[method-assign]
        self.queue = ExecQueue(
            self._execute, lambda request, why: self.refused.append((request.key.index, str(why))), kernel
        )

    def _execute(self, request: LocalRequest) -> None:
        self.time += self.takes
        self.executed.append(request.key.index)

    def add(self, *numbers: int) -> None:
        self.queue.add(
            LocalRequest(key=Key("a", number), daemon=DAEMON, plan=NO_PLAN, slot=number, board=-1, lock=-1, output=-1)
            for number in numbers
        )


@pytest.fixture
def world() -> World:
    return World()


def test_few_are_executed_at_once(world: World) -> None:
    world.add(0, 1, 2)
    assert (world.executed, world.queue.deadline) == ([0, 1, 2], None)


def test_many_are_executed_over_several_turns_in_their_order(world: World) -> None:
    world.add(*range(10))
    assert (world.executed, world.queue.deadline) == ([0, 1, 2, 3], 0.0)
    world.add(10)
    assert len(world.executed) == 4, "this turn has had its time"
    world.queue.expire(world.time)
    assert (world.executed, world.queue.deadline) == ([*range(8)], 0.0)
    world.queue.expire(world.time)
    assert (world.executed, world.queue.deadline) == ([*range(11)], None)


def test_one_that_takes_longer_than_a_turn_is_the_only_one_of_it(world: World) -> None:
    world.takes = SLICE * 10
    world.add(0, 1)
    assert world.executed == [0]
    world.queue.expire(world.time)
    assert world.executed == [0, 1]


def test_one_that_is_cancelled_in_time_is_refused_and_not_executed(world: World) -> None:
    world.add(*range(6))
    world.queue.cancel(Key("a", 5))
    world.queue.cancel(Key("a", 0))  # was executed
    world.queue.cancel(Key("b", 0))
    assert world.refused == [(5, CANCELLED)]
    world.queue.expire(world.time)
    assert (world.executed, world.queue.deadline) == ([0, 1, 2, 3, 4], None)


def test_what_is_left_at_the_end_is_refused(world: World) -> None:
    world.add(*range(6))
    world.queue.close()
    assert (world.refused, world.queue.deadline) == ([(4, CANCELLED), (5, CANCELLED)], None)
