"""What the kernel says of a process: memory, CPU, wake-ups. Linux only.

Knows nothing of contestants; a contestant's processes are found by a mark in the environment they inherit.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")


def marked(mark: str) -> set[int]:
    """Pids of all processes, whoever their parent is, whose environment has `mark`."""
    needle = mark.encode()
    found = set()
    for entry in os.listdir(PROC):
        if entry.isdigit() and needle in _read(int(entry), "environ"):
            found.add(int(entry))
    return found - {os.getpid()}


def pss(pids: Iterable[int]) -> int:
    """Proportional set size of these processes together, in bytes."""
    return sum(_kilobytes("Pss", _read(pid, "smaps_rollup")) for pid in pids)


def private(pid: int) -> int:
    """Memory that this process alone has, in bytes."""
    text = _read(pid, "smaps_rollup")
    return _kilobytes("Private_Clean", text) + _kilobytes("Private_Dirty", text)


def cpu(pids: Iterable[int]) -> float:
    """CPU seconds of these processes and of their children that were waited for."""
    total = 0.0
    for pid in pids:
        total += sum(float(_read(pid, f"task/{task}/schedstat").split()[0]) / 1e9 for task in _tasks(pid))
        after_name = _read(pid, "stat").rpartition(b")")[2].split()
        total += (int(after_name[13]) + int(after_name[14])) / TICK if after_name else 0.0
    return total


def switches(pids: Iterable[int]) -> int:
    """How often all threads of these processes have gone to sleep, which each wake-up ends in."""
    total = 0
    for pid in pids:
        for task in _tasks(pid):
            text = _read(pid, f"task/{task}/status")
            total += sum(int(n) for n in re.findall(rb"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE))
    return total


def command(pid: int) -> str:
    """The command line, for a report."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def wait_for_ends(pids: Iterable[int], timeout: float) -> float:
    """Wait until these are all dead, and answer the monotonic time at which the last one was."""
    deadline = time.monotonic() + timeout
    last = time.monotonic()
    for pid in pids:
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready = select.select([pidfd], [], [], max(0.0, deadline - time.monotonic()))[0]
        last = time.monotonic()
        os.close(pidfd)
        if not ready:
            raise TimeoutError(f"process {pid} is alive after {timeout} s: {command(pid)}")
    return last


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(PROC / str(pid) / "task")
    except OSError:
        return []


def _read(pid: int, name: str) -> bytes:
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _kilobytes(field: str, text: bytes) -> int:
    found = re.search(rb"^%s:\s+(\d+) kB" % field.encode(), text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
