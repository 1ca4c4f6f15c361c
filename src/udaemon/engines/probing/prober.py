"""The prober: a process that asks daemons whether they are ready and well, and tells the supervisor what has changed.

Knows no daemon, only questions by number. It ends with the supervisor's end of its socket. A question is asked again
only when the one before it has its answer or has taken too long, and nothing is done between two.
"""

from __future__ import annotations

import asyncio
import sys

from udaemon.engines.helper_main import Take, run
from udaemon.engines.probing import ways
from udaemon.engines.probing.question import Asked
from udaemon.engines.verdict import verdict
from udaemon.policy.thresholds import Tally, Thresholds, count

_AT_ONCE = 64
"""Questions under way at a time; the others wait: each may take a descriptor or a process."""


class Prober:
    """The questions that are asked, each by a task of its own."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    def take(self, order: list[object]) -> None:
        """Do what the supervisor says."""
        word, *rest = order
        if word == "ask":
            asked = Asked(*rest)  # type: ignore[arg-type]
            self._tasks[asked.id] = asyncio.create_task(self._go_on(asked))
        elif (task := self._tasks.pop(int(str(rest[0])), None)) is not None:
            task.cancel()

    async def _go_on(self, asked: Asked) -> None:
        rules = Thresholds(failures=asked.failures, successes=asked.successes)
        tally = Tally(ok=asked.good)
        clock = asyncio.get_running_loop().time
        due = clock() + asked.delay
        while True:
            await asyncio.sleep(due - clock())
            async with self._room:
                ok, reason = await _answered(asked)
            tally, news = count(tally, rules, ok=ok, reason=reason)
            if news:
                self._writer.write(verdict(asked.id, ok=ok, reason=reason))
            due = max(due + asked.period, clock())


async def _answered(asked: Asked) -> ways.Answer:
    """Ask once."""
    try:
        async with asyncio.timeout(asked.timeout):
            match asked.way:
                case "tcp":
                    return await ways.tcp(asked.what)
                case "http":
                    return await ways.http(asked.what)
                case "exec":
                    return await ways.execute(asked.what, asked.cwd, asked.env)
                case _:
                    return await ways.file(asked.what)
    except TimeoutError:
        return False, f"no answer within {asked.timeout:g} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one question's
        return False, f"cannot be asked: {error!r}"


def _begin(writer: asyncio.StreamWriter) -> Take:
    _watch_by_pidfd()
    prober = Prober(writer)
    return prober.take


def main(fd: int) -> None:
    """Run as the prober on the socket `fd`."""
    run(fd, _begin)


def _watch_by_pidfd() -> None:
    """Watch children by pidfd instead of with a thread for each, as Python 3.12 does by itself."""
    if sys.version_info < (3, 12):
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.set_child_watcher(watcher)
