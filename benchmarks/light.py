"""The light daemon that every contestant runs: usual imports, 50 µs of work, a period of one second.

Knows nothing of who runs it. The first run of each process leaves its time and pid in a mapped file, which costs the
contestant nothing.
"""

from __future__ import annotations

import asyncio  # noqa: F401
import json  # noqa: F401
import logging  # noqa: F401
import mmap
import os
import sqlite3  # noqa: F401
import struct
import sys
import time
import urllib.request  # noqa: F401

PERIOD = float(os.environ.get("BENCHMARK_PERIOD", "1"))
WORK = 50e-6
STAMP = struct.Struct("=dq")
"""Monotonic time of a process's first run, and its pid."""


class Light:
    """A task that stamps its first run and then works for 50 µs a run."""

    def __init__(self, stamps: str, slot: int) -> None:
        self._stamps = stamps
        self._slot = slot
        self._ran = False

    def do_task(self) -> None:
        """Run once."""
        started = time.monotonic()
        if not self._ran:
            self._ran = True
            with open(self._stamps, "r+b") as file, mmap.mmap(file.fileno(), 0) as board:
                STAMP.pack_into(board, self._slot * STAMP.size, started, os.getpid())
        while time.monotonic() - started < WORK:
            pass


def create(stamps: str, slot: int) -> Light:
    """Make the task; udaemon's manifest names this."""
    return Light(stamps, slot)


if __name__ == "__main__":
    task = create(sys.argv[1], int(sys.argv[2]))
    while True:
        task.do_task()
        time.sleep(PERIOD)
