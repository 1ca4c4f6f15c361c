"""Status: `udaemon ps --json` of N daemons, and `ps` on a terminal, beside a bare `python -c pass`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.contestants import Contestant, Udaemon
from benchmarks.figures import Figure, Options
from benchmarks.processes import cost, terminal

TITLE = "status"
TURNS = 15


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Take turns with the bare interpreter; only udaemon has this verb."""
    if Udaemon not in contestants:
        return
    udaemon = str(Path(sys.executable).with_name("udaemon"))
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "udaemon": [udaemon, "ps", "--json"],
        "table": [udaemon, "ps"],
    }
    walls: dict[str, list[float]] = {name: [] for name in commands}
    cpus: dict[str, list[float]] = {name: [] for name in commands}
    with Udaemon(options.daemons) as running, terminal() as screen:
        running.start()
        running.wait_for_first_runs()
        for _ in range(TURNS):
            for name, argv in commands.items():
                stdout = screen if name == "table" else subprocess.DEVNULL
                wall, cpu = cost(argv, running.directory, running.environ, stdout=stdout)
                walls[name].append(wall * 1000)
                cpus[name].append(cpu * 1000)
    for what, taken in (("wall", walls), ("CPU", cpus)):
        values = {name: median(times) for name, times in taken.items()}
        json_values = {name: values[name] for name in ("bare", "udaemon")}
        yield Figure(TITLE, f"`ps --json` of {options.daemons}, {what}", "ms", json_values, base="bare", limit=3)
        table_values = {"bare": values["bare"], "udaemon": values["table"]}
        yield Figure(
            TITLE, f"`ps` on a terminal of {options.daemons}, {what}", "ms", table_values, base="bare", limit=12
        )
