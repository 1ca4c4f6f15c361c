"""Replacement: from `kill -9` of a daemon to the first run of the one that takes its place."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from benchmarks.contestants import Contestant
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD

TITLE = "replacement"
KILLED = 20


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Kill one daemon after another, each once: a first crash is what restarts at once."""
    middle: dict[str, float] = {}
    slow: dict[str, float] = {}
    for kind in contestants:
        with kind(max(options.daemons, 2)) as running:
            running.start()
            running.wait_for_first_runs()
            time.sleep(2 * PERIOD)
            times = [replace(running, slot) for slot in range(min(KILLED, running.count))]
            middle[kind.name] = median(times) * 1000
            slow[kind.name] = quantiles(times, n=20, method="inclusive")[-1] * 1000
    yield Figure(TITLE, "kill -9 to first run, median", "ms", middle)
    yield Figure(TITLE, "kill -9 to first run, p95", "ms", slow)


def replace(running: Contestant, slot: int) -> float:
    """Kill the daemon of a slot. Returns the seconds to the first run of the next."""
    _, pid = running.stamp(slot)
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while running.stamp(slot)[1] in {0, pid}:  # 0 for the instant in which it is written
        if time.monotonic() - began > 30:
            raise TimeoutError(f"{running.name}: daemon {slot} was not replaced in 30 s")
        time.sleep(0.002)
    return running.stamp(slot)[0] - began
