"""Idle: context switches and CPU of the orchestrator's processes, not of the daemons, while nothing happens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from benchmarks import procfs
from benchmarks.contestants import Contestant
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD

TITLE = "idle"


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Count from two periods after the start on."""
    switches: dict[str, float] = {}
    cpu: dict[str, float] = {}
    for kind in contestants:
        with kind(options.daemons) as running:
            running.start()
            running.wait_for_first_runs()
            time.sleep(2 * PERIOD)
            own = running.own()
            before = procfs.switches(own), procfs.cpu(own)
            time.sleep(options.idle)
            switches[kind.name] = procfs.switches(own) - before[0]
            cpu[kind.name] = (procfs.cpu(own) - before[1]) * 1000
    yield Figure(TITLE, f"wake-ups in {options.idle:g} s", "count", switches, base=None, limit=0)
    yield Figure(TITLE, f"CPU in {options.idle:g} s", "ms", cpu, base=None, limit=1)
