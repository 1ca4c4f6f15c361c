"""Probes: what it costs that each of N daemons is asked every ten seconds whether it is well, beside none being asked.

Knows nothing of how they are asked. All have one endpoint, which this process answers, and which notes when it was
asked: questions that come in bursts are seen there.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from benchmarks import procfs
from benchmarks.contestants import MEMORY, Contestant, Udaemon
from benchmarks.figures import Figure, Options

TITLE = "probes"
EVERY = 10.0
"""Seconds between two questions to one daemon."""
_PERIOD = 600.0
"""Seconds: no daemon runs a second time, so that all that happens is a question and its answer."""


class Probed(Udaemon):
    """Light daemons that are asked by TCP."""

    name = "probed"

    def __init__(self, count: int, port: int) -> None:
        self._port = port
        super().__init__(count, MEMORY, _PERIOD)

    def prepare(self) -> None:
        """Add the question to each daemon."""
        super().prepare()
        manifest = self.directory / "udaemon.toml"
        asked = f'health = {{ tcp = "127.0.0.1:{self._port}", period = "{EVERY:g}s" }}\nsleep ='
        manifest.write_text(manifest.read_text().replace("sleep =", asked))


class Seen(NamedTuple):
    """What the orchestrator's own processes took; milliseconds of CPU, and megabytes."""

    start: float
    cpu_a_second: float
    switches_a_second: float
    memory: float


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Watch both for as long as each is asked twice, or longer where that is wanted, once each has been asked."""
    if Udaemon not in contestants:
        return
    seconds = max(options.idle, 2 * EVERY)
    with _endpoint() as (port, asked):
        none = _watch(Udaemon(options.daemons, MEMORY, _PERIOD), seconds)
        began = time.monotonic()
        probed = _watch(Probed(options.daemons, port), seconds)
        last = [at for at in asked if at > max(began, asked[-1] - seconds)]
    a_second = len(last) / seconds
    most = max(Counter(map(int, last)).values())
    every = f"{options.daemons} daemons asked every {EVERY:g} s"
    for what, unit, values in (
        (f"{every}: CPU a second", "ms", (none.cpu_a_second, probed.cpu_a_second)),
        (f"{every}: wake-ups a second", "count", (none.switches_a_second, probed.switches_a_second)),
        ("PSS of the orchestrator alone", "MB", (none.memory, probed.memory)),
        ("CPU of the start", "ms", (none.start, probed.start)),
    ):
        yield Figure(TITLE, what, unit, dict(zip(("none", "udaemon"), values, strict=True)), "none")
    yield Figure(TITLE, "CPU for one question", "ms", {"udaemon": probed.cpu_a_second / a_second}, None)
    yield Figure(TITLE, "wake-ups for one question", "count", {"udaemon": probed.switches_a_second / a_second}, None)
    yield Figure(
        TITLE, "questions in the busiest second", "count", {"udaemon": most}, None, 2 * options.daemons / EVERY
    )


def _watch(running: Udaemon, seconds: float) -> Seen:
    with running:
        running.start()
        running.wait_for_first_runs()
        start = procfs.cpu(procfs.marked(running.mark))
        time.sleep(EVERY + 1)
        own = running.own()
        switches, cpu = procfs.switches(own), procfs.cpu(own)
        time.sleep(seconds)
        switches, cpu = procfs.switches(own) - switches, procfs.cpu(own) - cpu
        return Seen(start * 1000, cpu / seconds * 1000, switches / seconds, procfs.pss(own) / 1e6)


@contextmanager
def _endpoint() -> Iterator[tuple[int, list[float]]]:
    """A port that takes every connection, and the times at which it did."""
    times: list[float] = []
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        thread = threading.Thread(target=_answer, args=(listener, times))
        thread.start()
        try:
            yield listener.getsockname()[1], times
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(listener: socket.socket, times: list[float]) -> None:
    with suppress(OSError):  # it was shut down
        while True:
            connection, _ = listener.accept()
            times.append(time.monotonic())
            connection.close()
