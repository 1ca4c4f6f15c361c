"""The sweep for processes of which nobody knows whether they exist: found by their locks, killed, to the last."""

from __future__ import annotations

import os
from signal import SIGKILL
from typing import Any

import pytest
from tests.fakes.kernel import FakeKernel, FakeProcess, FakeReactor

from udaemon.engines.sweep import Sweep

LOCK, OTHER = (1, 10), (1, 20)
HELD, NOT_HELD = frozenset({LOCK}), frozenset({OTHER})


class World:
    def __init__(self) -> None:
        self.reactor = FakeReactor()
        self.kernel = FakeKernel(self.reactor)
        self.done: list[Sweep] = []
        self.sweep = Sweep(self.reactor, self.kernel.children, [LOCK], self.done.append, self.kernel)
        self._open = os.listdir("/proc/self/fd")

    def sweeps(self) -> None:
        """Let it go on as far as it comes by itself."""
        self.sweep.go_on()
        self.kernel.turn()

    def is_over(self) -> bool:
        """Whether it has said so, once, and left nothing open or watched."""
        return self.done == [self.sweep] and not self.reactor.callbacks and os.listdir("/proc/self/fd") == self._open


@pytest.fixture
def world() -> World:
    return World()


def lone(world: World, pid: int, files: frozenset[tuple[int, int]] = HELD, **options: Any) -> FakeProcess:
    os.close(world.kernel.fork(pid, files=files, **options))
    return world.kernel.processes[pid]


def test_where_nobody_has_a_lock_it_is_over_at_once(world: World) -> None:
    lone(world, 7, NOT_HELD)
    world.sweeps()
    assert (world.is_over(), world.kernel.signals) == (True, [])


def test_who_has_one_is_killed_and_reaped_and_nobody_else(world: World) -> None:
    for pid, files in ((7, HELD), (8, NOT_HELD), (9, HELD)):
        lone(world, pid, files)
    world.sweeps()
    assert sorted(world.kernel.signals) == [(7, SIGKILL), (9, SIGKILL)]
    assert (world.is_over(), sorted(world.kernel.reaped), list(world.kernel.processes)) == (True, [7, 9], [8])


def test_it_is_over_only_when_the_last_has_ended(world: World) -> None:
    lone(world, 7, hangs=True)
    lone(world, 8)
    world.sweeps()
    assert world.done == []
    world.kernel.end(7, signal=9)
    world.kernel.turn()
    assert world.is_over()


def test_what_re_parents_to_us_when_they_end_is_swept_too(world: World) -> None:
    grandchild = (8, FakeProcess(7, files=HELD))
    lone(world, 7, children=[grandchild])
    world.sweeps()
    assert (world.kernel.signals, world.is_over()) == ([(7, SIGKILL), (8, SIGKILL)], True)


def test_one_that_is_woken_for_nothing_goes_on_waiting(world: World) -> None:
    lone(world, 7, hangs=True)
    world.sweeps()
    for callback in tuple(world.reactor.callbacks.values()):
        callback()
    assert (world.done, world.kernel.reaped) == ([], [])


@pytest.mark.parametrize("what", ["descriptors", "memory to watch"])
def test_one_that_cannot_be_watched_is_killed_and_looked_for_again(world: World, what: str) -> None:
    lone(world, 7)
    world.kernel.no_descriptors = what == "descriptors"
    world.reactor.fails = None if what == "descriptors" else OSError()
    world.sweeps()
    assert (world.kernel.signals, world.done) == ([(7, SIGKILL)], [])
    assert world.sweep.deadline is not None
    world.sweep.expire(world.sweep.deadline - 0.01)
    assert world.done == []
    world.sweep.expire(world.sweep.deadline)
    assert world.is_over()


def test_children_that_cannot_be_listed_are_looked_for_again(world: World) -> None:
    lone(world, 7)
    world.kernel.no_memory = True
    world.sweeps()
    assert (world.done, world.sweep.deadline is not None) == ([], True)
    world.kernel.no_memory = False
    world.sweep.expire(world.sweep.deadline or 0.0)
    world.kernel.turn()
    assert (world.kernel.signals, world.is_over()) == ([(7, SIGKILL)], True)
