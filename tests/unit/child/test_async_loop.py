"""The steps of the loop inside an event loop: pauses leave others their turn, and ends leave nothing behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from udaemon.child.async_loop import run_steps_async
from udaemon.child.forms import Misconfigured
from udaemon.child.loop import Outcome, Steps
from udaemon.child.recorder import Recorder
from udaemon.child.report import Reporter
from udaemon.child.scoreboard import SlotWriter
from udaemon.child.signals import Signals
from udaemon.child.task import StopTask


class World:
    """A task whose runs a test writes; it ends with the third run."""

    def __init__(self, run: Callable[[int], Any], *, sleep: float = 0.0) -> None:
        self.signals = Signals()
        self.told: list[Outcome] = []
        self.runs = 0
        self._run = run
        self.steps = Steps(
            self.run,
            sleep=sleep,
            min_sleep=0.0,
            flags=self.signals,
            recorder=Recorder("a", 0, SlotWriter.anonymous(), Reporter(None), {}),
            clock=time.monotonic,
            always_pause=True,
        )

    def run(self) -> Any:
        self.runs += 1
        return self._run(self.runs)

    def play(self) -> Outcome:
        try:
            return run_steps_async(self.steps, self.signals, self.told.append)
        finally:
            self.signals.uninstall()


async def ends_with_third(number: int) -> None:
    await asyncio.sleep(0)
    if number == 3:
        raise StopTask


def test_each_run_is_awaited_and_the_end_is_told() -> None:
    world = World(ends_with_third)
    assert world.play() == Outcome("task-stopped")
    assert (world.runs, world.told) == (3, [Outcome("task-stopped")])


def test_what_runs_beside_it_has_its_turn_though_the_task_never_waits() -> None:
    turns: list[int] = []
    beside: list[asyncio.Task[None]] = []

    async def other() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def run(number: int) -> None:
        if number == 1:
            beside.append(asyncio.get_running_loop().create_task(other()))
        if number == 5:
            raise StopTask

    world = World(run)
    world.play()
    assert len(turns) >= 4
    assert beside[0].cancelled()


def test_a_stop_ends_a_long_pause_at_once() -> None:
    async def run(number: int) -> None:
        asyncio.get_running_loop().call_soon(world.signals.on_stop, 15)

    world = World(run, sleep=3600.0)
    assert world.play() == Outcome("stopped")
    assert world.runs == 1


def test_an_error_of_a_run_is_the_end_and_is_told_before_anything_is_waited_for() -> None:
    error = ValueError("x")
    order: list[str] = []

    async def run(_number: int) -> None:
        async def slow() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                order.append("cancelled")

        world.kept = asyncio.get_running_loop().create_task(slow())  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        raise error

    world = World(run)
    assert run_steps_async(world.steps, world.signals, lambda _outcome: order.append("told")).error is error
    world.signals.uninstall()
    assert order == ["told", "cancelled"]


def test_what_a_run_returns_is_refused_awaited_or_not() -> None:
    async def product(_number: int) -> Awaitable[None]:
        return ends_with_third(1)

    world = World(product)
    outcome = world.play()
    assert isinstance(outcome.error, Misconfigured | RuntimeError | TypeError)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_a_callback_that_leaves_the_loop_is_an_end_too(error: BaseException) -> None:
    def leave() -> None:
        raise error

    async def run(_number: int) -> None:
        asyncio.get_running_loop().call_soon(leave)

    outcome = World(run, sleep=3600.0).play()
    assert outcome.error is error
