"""One run of a program, what it cost, and a terminal to run it on.

Knows nothing of what the program does.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def cost(
    argv: Sequence[str], directory: Path, environ: Mapping[str, str], code: int = 0, *, stdout: int = subprocess.DEVNULL
) -> tuple[float, float]:
    """Run a program that must end with this exit code; tell its seconds and those of CPU, its children's too."""
    began = time.monotonic()
    process = subprocess.Popen(argv, cwd=directory, env=environ, stdout=stdout)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


@contextmanager
def terminal() -> Iterator[int]:
    """A terminal of 120 columns of which somebody reads all that is written."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))
    reader = threading.Thread(target=_read_all, args=(ours,))
    reader.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


def _read_all(fd: int) -> None:
    with suppress(OSError):  # EIO is the end of a terminal
        while os.read(fd, 65536):
            pass
