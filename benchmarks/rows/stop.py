"""Stop: from the request to the end of the last process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import PATIENCE, Contestant
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD

TITLE = "stop"


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """The floor is stopped by a bare signal, udaemon by `udaemon down`, the start of that client included."""
    walls: dict[str, list[float]] = {kind.name: [] for kind in contestants}
    for _ in range(options.repeat):
        for kind in contestants:
            with kind(options.daemons) as running:
                running.start()
                running.wait_for_first_runs()
                time.sleep(PERIOD / 2)
                everything = procfs.marked(running.mark)
                began = time.monotonic()
                running.stop()
                ended = procfs.wait_for_ends(everything, PATIENCE)
                walls[kind.name].append((ended - began) * 1000)
    yield Figure(TITLE, f"{options.daemons} light daemons", "ms", {name: median(t) for name, t in walls.items()})
