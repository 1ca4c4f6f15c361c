"""An independent reader of /proc: sees what lives, whatever udaemon says of it.

Knows one thing of udaemon: that an instance's processes have its lock open. It signals nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from udaemon.system.procfs import parse_locked_bytes

PERIOD = 0.05
"""Seconds between two looks."""
ZOMBIE_AGE = 1.0
"""Seconds for which a dead child may wait to be reaped (invariant I2)."""
TWIN_AGE = 0.5
"""Seconds for which two may have one lock: between fork and exec a child has all that the supervisor has open."""


class Watchman:
    """Looks at the descendants of some project for as long as the block lasts; `wrongs` says what it saw.

    Args:
        runtime: The directory below which the run directories are.
    """

    def __init__(self, runtime: Path) -> None:
        self.wrongs: list[str] = []
        self.looks = 0
        self._runtime = str(runtime)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        # Where a supervisor and its zygotes write: these have the locks of a whole batch, for a moment.
        self._own_output: set[str] = set()
        self._dead_since: dict[tuple[int, str], float] = {}
        self._twins_since: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PERIOD):
            self._look(time.monotonic())
            self.looks += 1

    def _look(self, now: float) -> None:
        leaders: dict[str, list[int]] = defaultdict(list)
        dead: dict[tuple[int, str], float] = {}
        supervisors = self._supervisors()
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            fields = stat(pid)
            if len(fields) < 20:
                continue
            state, parent, session = fields[0], int(fields[1]), int(fields[3])
            if state in "ZX":
                if parent in supervisors:
                    key = (pid, fields[19])
                    dead[key] = self._dead_since.get(key, now)
                    if now - dead[key] > ZOMBIE_AGE and state_of(parent) not in "Tt":
                        self.wrongs.append(f"I2: zombie {pid} for {now - dead[key]:.1f} s")
            elif session == pid and pid not in supervisors and link(pid, 1) not in self._own_output:
                for lock in self._locks(pid):
                    leaders[lock].append(pid)
        self._dead_since = dead
        self._twins_since = dict(self._twins(leaders, now))

    def _twins(self, leaders: dict[str, list[int]], now: float) -> Iterator[tuple[str, float]]:
        """Each lock that several living processes have, and since when."""
        for lock, pids in leaders.items():
            living = [pid for pid in pids if state_of(pid) not in "ZX"]
            if len(living) > 1:
                since = self._twins_since.get(lock, now)
                yield lock, since
                if now - since > TWIN_AGE:
                    self.wrongs.append(f"I1: {lock} is held by {[f'{pid} {title(pid)}' for pid in living]}")

    def _supervisors(self) -> set[int]:
        found = set()
        for path in Path(self._runtime).glob("udaemon/*/supervisor.pid"):
            if (text := path.read_text()).isdigit():
                found.add(int(text))
                self._own_output.add(link(int(text), 2))
        return found

    def _locks(self, pid: int) -> list[str]:
        found = []
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                path = os.readlink(f"/proc/{pid}/fd/{number}")
                if path.startswith(self._runtime) and "/locks/" in path:
                    told = Path(f"/proc/{pid}/fdinfo/{number}").read_bytes()
                    found += [f"{path} {byte}" for byte in parse_locked_bytes(told)]
        except OSError:
            return []
        return found


def stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; none when it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def link(pid: int, fd: int) -> str:
    """What a descriptor of a process leads to; its own name where that is not to be seen."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return f"{pid}/{fd}"


def title(pid: int) -> str:
    """Its command line, for a person to read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def state_of(pid: int) -> str:
    """Its state, X when it has gone."""
    fields = stat(pid)
    return fields[0] if fields else "X"


def fds(pid: int) -> int:
    """How many descriptors it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def rss(pid: int) -> int:
    """Resident memory, bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
