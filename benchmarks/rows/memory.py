"""Memory: PSS of everything while N light daemons run, and what one daemon has for itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import Contestant
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD

TITLE = "memory"


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Look two periods after the start, when each daemon has paused and run again."""
    everything: dict[str, float] = {}
    orchestrator: dict[str, float] = {}
    private: dict[str, float] = {}
    for kind in contestants:
        with kind(options.daemons) as running:
            running.start()
            running.wait_for_first_runs()
            time.sleep(2 * PERIOD)
            everything[kind.name] = procfs.pss(procfs.marked(running.mark)) / 1e6
            orchestrator[kind.name] = procfs.pss(running.own()) / 1e6
            private[kind.name] = median(procfs.private(pid) for pid in running.daemons()) / 1e6
    yield Figure(TITLE, f"PSS of all, {options.daemons} light daemons", "MB", everything, limit=2)
    yield Figure(TITLE, "PSS of the orchestrator alone", "MB", orchestrator)
    yield Figure(TITLE, "private memory of one daemon", "MB", private)
