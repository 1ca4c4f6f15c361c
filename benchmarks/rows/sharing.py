"""Sharing: start and private memory of daemons whose module does more than define, beside the light ones.

Knows nothing of how sharing is decided; what udaemon says of it stands beside the figures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import Contestant, Udaemon
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD

TITLE = "sharing"
MODULES = 60
FEW = 10
"""Daemons of the project of many modules."""


class LogFile(Udaemon):
    """Light daemons whose module opens a log file when it is imported."""

    def prepare(self) -> None:
        """Add the line to the module."""
        super().prepare()
        with (self.directory / "light.py").open("a") as module:
            module.write('\nLOG = open("light.log", "a")\n')


class ManyModules(Udaemon):
    """Light daemons in a project of many modules that only define, all imported."""

    def prepare(self) -> None:
        """Write the modules, of some 30 functions each, and import them."""
        super().prepare()
        functions = "".join(f'def f{n}(a, b={n}):\n    """Add."""\n    return a + b * {n}\n\n' for n in range(30))
        for number in range(MODULES):
            (self.directory / f"part{number}.py").write_text(functions)
        with (self.directory / "light.py").open("a") as module:
            module.writelines(f"import part{number}\n" for number in range(MODULES))


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Measure udaemon only: each kind beside as many light ones, in turns."""
    if Udaemon not in contestants:
        return
    for kind, what, count in (
        (LogFile, "with a log file at import", options.daemons),
        (ManyModules, f"of {MODULES} modules", min(FEW, options.daemons)),
    ):
        kinds: dict[str, type[Udaemon]] = {"light": Udaemon, "udaemon": kind}
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for _ in range(options.repeat):
            for name, one in kinds.items():
                seen[name].append(_once(one, count))
        starts = {name: median(start for start, _ in values) for name, values in seen.items()}
        private = {name: median(memory for _, memory in values) for name, values in seen.items()}
        shared = _shared(kind)
        yield Figure(TITLE, f"{count} daemons {what} ran ({shared})", "ms", starts, base="light")
        yield Figure(TITLE, f"private memory of one {what}", "MB", private, base="light")


def _once(kind: type[Udaemon], count: int) -> tuple[float, float]:
    """Milliseconds to the last first run, and the private memory of a daemon after two periods, in MB."""
    with kind(count) as running:
        began = time.monotonic()
        running.start()
        start = (running.wait_for_first_runs() - began) * 1000
        time.sleep(2 * PERIOD)
        return start, median(procfs.private(pid) for pid in running.daemons()) / 1e6


def _shared(kind: type[Udaemon]) -> str:
    """What `check -v` says that a daemon shares."""
    with kind(1) as project:
        told = project.verb("check", "-v")
    lines = (told.stdout + told.stderr).decode().splitlines()
    said = next(line.partition(" shares ")[2] for line in lines if " shares " in line)
    modules, _, libraries = said.rpartition(" and ")
    return f"shares {modules.count(',') + 1} modules and {libraries}" if "," in modules else f"shares {said}"
