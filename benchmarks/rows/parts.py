"""Parts: what each part of the way to a forked daemon saves, as start, CPU, memory, restart and stop without it.

Knows no part. CPU time is that of all processes from their beginning to their end, which this process learns as the
one that they are re-parented to.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

from benchmarks import procfs
from benchmarks.contestants import PATIENCE, Contestant, Udaemon
from benchmarks.figures import Figure, Options
from benchmarks.light import PERIOD
from benchmarks.parts import copies
from benchmarks.rows.replacement import replace
from udaemon.system.subreaper import subreaper

TITLE = "parts"
COUNTS = (1, 20, 100)
KILLED = 10

Samples = dict[str, list[float]]


def measure(contestants: Sequence[type[Contestant]], options: Options) -> Iterator[Figure]:
    """Measure udaemon only: as it is, and without each part, in turns."""
    if Udaemon not in contestants:
        return
    place = Path(tempfile.mkdtemp(prefix="bench-parts-"))
    try:
        kinds = copies(place, options.beside)
        with subreaper():
            for count in COUNTS:
                yield from _starts(kinds, count, options.repeat)
            yield from _afterwards(kinds, options)
    finally:
        shutil.rmtree(place)


def _starts(kinds: Mapping[str, Path], count: int, repeat: int) -> Iterator[Figure]:
    walls, cpus = _samples(kinds), _samples(kinds)
    for name, source in _turns(kinds, repeat):
        with Copy(count, source) as running:
            before, began = _cpu(), time.monotonic()
            running.start()
            walls[name].append((running.wait_for_first_runs() - began) * 1000)
            _end(running)
            cpus[name].append((_cpu() - before) * 1000)
    yield from _figures(f"up -d, {count} ran", "ms", walls)
    yield from _figures(f"up -d, {count}, CPU", "ms", cpus)


def _afterwards(kinds: Mapping[str, Path], options: Options) -> Iterator[Figure]:
    everything, private, restarts = _samples(kinds), _samples(kinds), _samples(kinds)
    again, cpus, stops = _samples(kinds), _samples(kinds), _samples(kinds)
    for name, source in _turns(kinds, max(1, options.repeat // 4)):
        with Copy(options.daemons, source) as running:
            running.start()
            running.wait_for_first_runs()
            time.sleep(2 * PERIOD)
            everything[name].append(procfs.pss(procfs.marked(running.mark)) / 1e6)
            private[name].append(median(procfs.private(pid) for pid in running.daemons()) / 1e6)
            restarts[name] += [replace(running, slot) * 1000 for slot in range(min(KILLED, running.count))]
            before, began = procfs.cpu(running.own()), time.monotonic()
            running.verb("restart", "*")
            again[name].append((time.monotonic() - began) * 1000)
            cpus[name].append((procfs.cpu(running.own()) - before) * 1000)
            ours, began = procfs.marked(running.mark), time.monotonic()
            running.stop()
            stops[name].append((procfs.wait_for_ends(ours, PATIENCE) - began) * 1000)
    yield from _figures("kill -9 to first run", "ms", restarts)
    yield from _figures(f"restart of {options.daemons}", "ms", again)
    yield from _figures(f"restart of {options.daemons}, CPU of the orchestrator", "ms", cpus)
    yield from _figures(f"down of {options.daemons}", "ms", stops)
    yield from _figures(f"PSS of all, {options.daemons} light daemons", "MB", everything)
    yield from _figures("private memory of one daemon", "MB", private)


class Copy(Udaemon):
    """udaemon from another source tree than the one that is installed."""

    def __init__(self, count: int, source: Path) -> None:
        super().__init__(count)
        self.environ["PYTHONPATH"] = str(source)


def _turns(kinds: Mapping[str, Path], repeat: int) -> Iterator[tuple[str, Path]]:
    """Each kind in turn, another one first each time: the first after the last one's end may pay for that."""
    names = list(kinds)
    for turn in range(repeat):
        for number in range(len(names)):
            name = names[(turn + number) % len(names)]
            yield name, kinds[name]


def _samples(kinds: Mapping[str, Path]) -> Samples:
    return {name: [] for name in kinds}


def _figures(what: str, unit: str, samples: Samples) -> Iterator[Figure]:
    """The median and the least; the least is what a loaded machine spoils last."""
    for word, choose in (("median", median), ("least", min)):
        values = {name: choose(found) for name, found in samples.items()}
        yield Figure(TITLE, f"{what}, {word}", unit, values, base="udaemon")


def _cpu() -> float:
    """CPU seconds of all processes below this one that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end(running: Contestant) -> None:
    """Kill all of them at once, their supervisor stopped before, and reap them."""
    everything = procfs.marked(running.mark)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in everything:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    with suppress(ChildProcessError):
        while True:
            os.wait()
