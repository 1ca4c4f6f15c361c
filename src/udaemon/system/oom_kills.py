"""Tells whether the kernel killed a process because memory ran out: by its own count of such kills.

Knows no process: a KILL looks the same whoever sent it, and only the count tells. It is that of our control group,
which daemons share with us; without one, that of the whole machine.
"""

from __future__ import annotations

import os
from contextlib import suppress

_MACHINE = "/proc/vmstat"


class OomKills:
    """Counts the kills that no end of a process has explained yet.

    Args:
        path: A file with a line `oom_kill N`.
    """

    def __init__(self, path: str | None = None) -> None:
        self._path = _counter() if path is None else path
        self._seen = self._count()

    def explains(self, *, killed: bool) -> bool:
        """Look at the count at the end of a process: `killed` if a KILL that is not ours ended it."""
        count = self._count()
        if killed and count > self._seen:
            self._seen += 1  # another that ends at this moment may be a victim too
            return True
        self._seen = max(self._seen, count)
        return False

    def _count(self) -> int:
        with suppress(OSError, ValueError):
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                lines = os.read(fd, 65536).splitlines()
            finally:
                os.close(fd)
            return next(int(line.split()[1]) for line in lines if line.startswith(b"oom_kill "))
        return 0


def _counter() -> str:
    """The most local file that there is: of cgroup v2, of v1's memory controller, or of the machine."""
    with suppress(OSError), open("/proc/self/cgroup", encoding="utf-8", errors="replace") as groups:
        for line in groups:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if not controllers:
                places = (f"/sys/fs/cgroup{path}/memory.events", f"/sys/fs/cgroup/unified{path}/memory.events")
            elif "memory" in controllers.split(","):
                places = (f"/sys/fs/cgroup/memory{path}/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control")
            else:
                continue
            for place in places:
                if os.access(place, os.R_OK) and _has_count(place):
                    return place
    return _MACHINE


def _has_count(path: str) -> bool:
    with suppress(OSError), open(path, encoding="ascii") as file:
        return any(line.startswith("oom_kill ") for line in file)
    return False
