"""Who reaps what re-parented to us and belongs to nobody, and when that must wait."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from tests.fakes.kernel import FakeKernel, FakeReactor

from udaemon.engines.orphans import Orphans


class World(FakeKernel):
    """A kernel with a clock, in which whoever is a zombie is a stranger."""

    def __init__(self) -> None:
        super().__init__(FakeReactor())
        self.time = 50.0
        self.forking = False
        self.looks = 0
        self.reaped_pids: list[int] = []
        self.zombies: set[int] = set()
        self.orphans = Orphans(self.strangers, lambda: self.forking, self)

    def now(self) -> float:
        return self.time

    def has_zombie(self) -> bool:
        return bool(self.zombies)

    def strangers(self) -> Collection[int]:
        self.looks += 1
        return sorted(self.children() or self.zombies)

    def reap_pid(self, pid: int) -> None:
        self.zombies.discard(pid)
        self.reaped_pids.append(pid)


@pytest.fixture
def world() -> World:
    return World()


def test_strangers_that_ended_are_reaped(world: World) -> None:
    world.zombies = {70, 71}
    world.orphans.reap()
    assert (world.reaped_pids, world.orphans.deadline) == ([70, 71], None)


def test_nobody_is_looked_for_where_nobody_has_ended(world: World) -> None:
    """Each end of a known child comes here too: /proc is read for strangers alone."""
    world.orphans.reap()
    assert (world.looks, world.orphans.deadline) == (0, None)


def test_while_a_batch_is_forked_it_waits_and_is_due_at_once_afterwards(world: World) -> None:
    world.zombies = {70}
    world.forking = True
    world.orphans.reap()
    assert (world.reaped_pids, world.orphans.deadline) == ([], None)
    world.forking = False
    due = world.orphans.deadline
    assert due == world.time
    world.orphans.expire(world.time)
    assert (world.reaped_pids, world.orphans.deadline) == ([70], None)


def test_where_there_is_no_memory_it_looks_again_soon(world: World) -> None:
    world.zombies = {70}
    world.no_memory = True
    world.orphans.reap()
    due = world.orphans.deadline
    assert due is not None
    assert world.time < due <= world.time + 1.0
    world.no_memory = False
    world.orphans.expire(due - 0.01)
    assert world.reaped_pids == []
    world.time = due
    world.orphans.expire(due)
    assert (world.reaped_pids, world.orphans.deadline) == ([70], None)


@pytest.mark.parametrize("what", ["has_zombie", "reap_pid"])
def test_a_kernel_that_lets_us_see_nothing_is_asked_again(world: World, what: str) -> None:
    """With a keeper each of these lists its children, for which there may be no memory."""

    def fails(*_pids: int) -> bool:
        raise OSError

    world.zombies = {70}
    setattr(world, what, fails)
    world.orphans.reap()
    assert world.orphans.deadline is not None
    delattr(world, what)
    world.time = world.orphans.deadline
    world.orphans.expire(world.time)
    assert world.reaped_pids == [70]
