"""The runner of hooks: a process that tells events, again where that fails, and says to the supervisor what came of it.

Knows no daemon and no queue: it is given no more than it may tell at a time. It ends with the supervisor's end of its
socket, and takes with it whatever it runs.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from udaemon.engines.helper_main import Take, run
from udaemon.engines.hooks import ways
from udaemon.engines.hooks.job import FIRST_WAIT, LONGEST_WAIT, Job
from udaemon.engines.verdict import verdict


async def told(job: Job) -> ways.Answer:
    """Tell it, as often as it may be tried."""
    number, came = 0, await _tried(job)
    while not came.ok and came.again and number < job.retries:
        wait = min(FIRST_WAIT * 2**number, LONGEST_WAIT)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spreads tries, keeps no secret
        number, came = number + 1, await _tried(job)
    if came.ok or number == 0:
        return came
    return came._replace(reason=f"{came.reason}, after {number + 1} tries")


async def _tried(job: Job) -> ways.Answer:
    try:
        async with asyncio.timeout(job.timeout):
            return await (ways.execute(job) if job.argv else ways.post(job))
    except TimeoutError:
        return ways.Answer(False, f"no end within {job.timeout:g} s", again=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one hook's
        return ways.Answer(False, f"cannot be told: {error!r}")


def _begin(writer: asyncio.StreamWriter) -> Take:
    tasks: set[asyncio.Task[None]] = set()

    async def do(job: Job) -> None:
        came = await told(job)
        writer.write(verdict(job.id, ok=came.ok, reason=came.reason))

    def take(job: list[Any]) -> None:
        task = asyncio.create_task(do(Job(*job)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return take


def main(fd: int) -> None:
    """Run as the runner on the socket `fd`."""
    run(fd, _begin)
