"""Recovery: the supervisor is killed, and `udaemon ps` asked at that moment is answered by the next one.

Knows nothing of what the next one does. What `ps` says has to be what it said before.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks import procfs
from benchmarks.contestants import MEMORY, Contestant, Udaemon
from benchmarks.figures import Figure, Options

TITLE = "recovery"
_PERIOD = 600.0
"""Seconds: no daemon runs a second time, so that all that changes is the supervisor."""
_TURNS = 3


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Kill the supervisor of two daemons and of as many as are asked for, in turns; only udaemon has another one."""
    if Udaemon not in contestants:
        return
    for count in sorted({2, options.daemons}):
        walls: list[float] = []
        cpus: list[float] = []
        with Udaemon(count, MEMORY, _PERIOD) as running:
            running.start()
            running.wait_for_first_runs()
            for _ in range(max(options.repeat, _TURNS)):
                wall, cpu = _kill(running)
                walls.append(wall * 1000)
                cpus.append(cpu * 1000)
        limit = 500 if count == 2 else 2000
        yield Figure(
            TITLE, f"kill -9 to the answer of `ps`, {count} daemons", "ms", {"udaemon": median(walls)}, None, limit
        )
        yield Figure(TITLE, f"the least of {len(walls)}", "ms", {"udaemon": min(walls)}, None)
        yield Figure(TITLE, "CPU of the next supervisor by then", "ms", {"udaemon": median(cpus)}, None)


def _kill(running: Udaemon) -> tuple[float, float]:
    """Kill the supervisor. Returns the seconds to the answer of `ps`, and those of CPU that the next one took."""
    before = _ps(running)
    began = time.monotonic()
    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    after = _ps(running)
    wall = time.monotonic() - began
    if _facts(before) != _facts(after):
        raise RuntimeError("ps says something else than before")
    return wall, procfs.cpu([after["supervisor"]["pid"]])


def _ps(running: Udaemon) -> Any:
    return json.loads(running.verb("ps", "--json").stdout)


def _facts(told: Any) -> list[Any]:
    """What does not change by itself; moments do, by a millisecond."""
    keys = ("name", "instance", "state", "wanted", "pid", "restarts", "exit", "health", "message")
    return [([one.get(key) for key in keys], one["runs"]["count"]) for one in told["instances"]]
