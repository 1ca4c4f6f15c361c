"""Start: from the command to the moment at which all N light daemons have run once, and the CPU it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import Contestant
from benchmarks.figures import Figure, Options

TITLE = "start"


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Take turns, so that a noisy minute hits all alike."""
    walls: dict[str, list[float]] = {kind.name: [] for kind in contestants}
    cpus: dict[str, list[float]] = {kind.name: [] for kind in contestants}
    for _ in range(options.repeat):
        for kind in contestants:
            with kind(options.daemons) as running:
                began = time.monotonic()
                running.start()
                walls[kind.name].append((running.wait_for_first_runs() - began) * 1000)
                cpus[kind.name].append(procfs.cpu(procfs.marked(running.mark)) * 1000)
    what = f"{options.daemons} light daemons ran"
    yield Figure(TITLE, what, "ms", {name: median(times) for name, times in walls.items()}, limit=2)
    yield Figure(TITLE, "CPU for it", "ms", {name: median(times) for name, times in cpus.items()})
