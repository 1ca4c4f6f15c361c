"""The same loop for an async task: one asyncio event loop that lives as long as the child, in pauses too.

Knows nothing of timing: it carries out the steps that `loop.py` yields. Imports asyncio, so it is imported for async
tasks only.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from udaemon.child.forked import leave_if_forked
from udaemon.child.forms import refuse_product
from udaemon.child.loop import Outcome, Steps, outcome_of
from udaemon.child.signals import Signals
from udaemon.waits import LONGEST


def run_steps_async(
    steps: Steps, signals: Signals, told: Callable[[Outcome], object] = lambda _outcome: None
) -> Outcome:
    """Carry out the steps inside an event loop; what the task left running in it is cancelled at the end.

    Args:
        steps: What to do.
        signals: End the pauses.
        told: Called with how it ended before anything that is left is waited for: that may take for ever.
    """
    runner = asyncio.Runner()
    try:
        try:
            outcome = runner.run(_walk(steps, signals))
        except BaseException as error:  # noqa: BLE001 - a signal handler of the task's, or a callback in the loop
            leave_if_forked(error)  # to close the loop would take from the daemon's what it waits for
            outcome = outcome_of(error)
        told(outcome)
    finally:
        runner.close()
    return outcome


async def _walk(steps: Steps, signals: Signals) -> Outcome:
    loop = asyncio.get_running_loop()
    loop.add_reader(signals.wake_fd(), _woken, signals.wake_fd(), signals)
    for step in steps:
        if callable(step):
            with steps:
                result = step()
                awaited = hasattr(type(result), "__await__")
                if awaited:
                    result = await result
                if result is not None:
                    refuse_product(result, awaited=awaited)
        else:
            await _wait(step, signals)
    return steps.outcome


async def _wait(due: float, signals: Signals) -> None:
    left = due - monotonic()
    if left <= 0:
        # A task that never waits must not starve what it left running beside it.
        await asyncio.sleep(0)
        return
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    # The task may handle signals by its loop, which took the wake-up over: what comes is passed on to that.
    signals.passed_on_to = signal.set_wakeup_fd(-1)
    signals.wake_fd()
    signals.notify = lambda: loop.call_soon_threadsafe(finish)
    timer = loop.call_later(min(left, LONGEST), finish)
    wall = signals.timer
    if wall is not None:
        loop.add_reader(wall.fd, finish)
    if signals.look() or signals.attention:
        finish()
    try:
        await done
    finally:
        timer.cancel()
        if wall is not None:
            loop.remove_reader(wall.fd)
            wall.clear()
        signals.notify = _nothing
        with suppress(ValueError, OSError):
            signal.set_wakeup_fd(signals.passed_on_to, warn_on_full_buffer=False)


def _nothing() -> None:
    """Do nothing: no wait is under way."""


def _woken(fd: int, signals: Signals) -> None:
    with suppress(OSError):
        numbers = os.read(fd, 512)
        if signals.passed_on_to not in (-1, fd):
            os.write(signals.passed_on_to, numbers)
    if signals.look() or signals.attention:
        signals.notify()
