"""Scale: how the start grows with the number of daemons, in memory and on a disk, beside as many bare forks.

Knows nothing of what takes the time. The counts take turns, so that a noisy minute hits all alike.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import DISK, MEMORY, Contestant
from benchmarks.figures import Figure, Options

TITLE = "scale"
TIMES = (1, 5, 10, 20)
"""What the number of daemons is multiplied with: 100, 500, 1,000 and 2,000 by default."""
_PERIOD = 600.0
"""Seconds: no daemon runs a second time, so that what runs already takes nothing from what starts."""
_GROWTH = 1.25
"""How many times the CPU of one daemon among the fewest but one it may take among the most."""


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Measure each count in each place: the time to the last first run, its CPU, and how that of one daemon grows."""
    places = {"in memory": MEMORY, "on disk": DISK}
    counts = [options.daemons * times for times in TIMES]
    seen: dict[tuple[str, int, str], list[tuple[float, float]]] = {}
    for _, place, count, kind in product(range(options.repeat), places, counts, contestants):
        seen.setdefault((place, count, kind.name), []).append(_once(kind, count, places[place]))
    names = [kind.name for kind in contestants]
    for place in places:
        cpus = {}
        for count in counts:
            walls = {name: median(wall for wall, _ in seen[place, count, name]) for name in names}
            cpus[count] = {name: median(cpu for _, cpu in seen[place, count, name]) for name in names}
            yield Figure(TITLE, f"{count} light daemons ran, {place}", "ms", walls, limit=2)
            yield Figure(TITLE, f"CPU for {count}, {place}", "ms", cpus[count], limit=2)
        fewer, most = counts[1], counts[-1]
        growth = {name: cpus[most][name] / most / (cpus[fewer][name] / fewer) for name in names}
        yield Figure(TITLE, f"CPU of one of {most} beside one of {fewer}, {place}", "×", growth, None, _GROWTH)


def _once(kind: type[Contestant], count: int, place: str) -> tuple[float, float]:
    """Milliseconds from the command to the last first run, and those of CPU."""
    with kind(count, place, _PERIOD) as running:
        began = time.monotonic()
        running.start()
        wall = running.wait_for_first_runs() - began
        return wall * 1000, procfs.cpu(procfs.marked(running.mark)) * 1000
