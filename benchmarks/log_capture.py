"""`python -m benchmarks.log_capture [MB]`: the logger beside a raw pump, which reads a pipe and writes a file.

Knows nothing of supervisors. Contestants take turns on the same writer; the median of their ratios counts, for a turn
on a busy machine says little by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks import procfs
from benchmarks.figures import Figure, table
from udaemon.logs.client import LoggerLink
from udaemon.logs.log_target import LogTarget
from udaemon.supervisor.loop import Loop

TURNS = 5
CHUNK = 64 * 1024

WRITER = (
    "import os,sys; n,size=map(int,sys.argv[1:]); line=b'x'*(size-1)+b'\\n'; w=os.write\nfor _ in range(n): w(1,line)"
)
PUMP = f"""
import os, select, sys
out = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
poll = select.epoll(); poll.register(0, select.EPOLLIN)
while True:
    poll.poll()
    chunk = os.read(0, {CHUNK})
    if not chunk: break
    os.write(out, chunk)
print(sum(os.times()[:2]), flush=True)
"""

Turn = Callable[[str, int, int], tuple[float, float]]
"""A path, a number of lines and their width; answers wall and CPU seconds of the capture."""


def pump(path: str, lines: int, width: int) -> tuple[float, float]:
    """The floor."""
    began = time.monotonic()
    writer = subprocess.Popen(_writer(lines, width), stdout=subprocess.PIPE)
    done = subprocess.run([sys.executable, "-c", PUMP, path], stdin=writer.stdout, capture_output=True, check=True)
    wall = time.monotonic() - began
    writer.communicate()
    return wall, float(done.stdout)


def logger(**keys: object) -> Turn:
    """The logger with a target of these keys."""

    def turn(path: str, lines: int, width: int) -> tuple[float, float]:
        ended: list[int] = []
        loop = Loop(print)
        link = LoggerLink(loop, on_state=print, on_eof=ended.append, on_death=print)
        link.start()
        began = time.monotonic()
        read, write = os.pipe()
        link.open(1, read, LogTarget(path=path, **({"timestamps": False} | keys)))  # type: ignore[arg-type]
        writer = subprocess.Popen(_writer(lines, width), stdout=write)
        os.close(write)
        while not ended:
            loop.turn()
        wall = time.monotonic() - began
        writer.wait()
        cpu = procfs.cpu([link.pid]) if link.pid else 0.0
        link.close()
        loop.close()
        return wall, cpu

    return turn


CONTESTANTS: dict[str, Turn] = {
    "raw": logger(),
    "stamped": logger(timestamps=True),
    "stamped, tagged, rotated at 10M": logger(timestamps=True, tagged=True, max_size=10 * 1024**2, backups=3),
}


def main(argv: Sequence[str]) -> int:
    """Answer 0 when every ratio is within its limit."""
    size = int(argv[0]) * 1000**2 if argv else 200 * 1000**2
    figures: list[Figure] = []
    for width, most_cpu in ((100, 7.0), (4000, 2.5)):
        walls: dict[str, list[float]] = {}
        cpus: dict[str, list[float]] = {}
        for _ in range(TURNS):
            for name, turn in {"pump": pump, **CONTESTANTS}.items():
                with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                    wall, cpu = turn(f"{directory}/x.log", size // width, width)
                walls.setdefault(name, []).append(wall / size * 1e9)
                cpus.setdefault(name, []).append(cpu / size * 1e9)
        floor = median(walls["pump"])
        for name in CONTESTANTS:
            row = f"{width}-byte writes, {name}"
            ratio = median([ours / theirs for ours, theirs in zip(walls[name], walls["pump"], strict=True)])
            values = {"udaemon": floor * ratio, "pump": floor}
            figures.append(Figure(row, "wall", "s/GB", values, "pump", 1 / 0.9))
            cpu_values = {"udaemon": median(cpus[name]), "pump": median(cpus["pump"])}
            figures.append(Figure(row, "CPU", "s/GB", {"udaemon": cpu_values["udaemon"]}, None, most_cpu))
            figures.append(Figure(row, "CPU beside the pump", "s/GB", cpu_values, "pump"))
    print(table(figures))
    return 1 if any(figure.passed() is False for figure in figures) else 0


def _writer(lines: int, width: int) -> list[str]:
    return [sys.executable, "-c", WRITER, str(lines), str(width)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
