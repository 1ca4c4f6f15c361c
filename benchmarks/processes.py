"""One run of a program, and what it cost.

Knows nothing of what the program does.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def cost(argv: Sequence[str], directory: Path, environ: Mapping[str, str], code: int = 0) -> tuple[float, float]:
    """Run a program that must end with this exit code; tell its seconds and those of CPU, its children's too."""
    began = time.monotonic()
    process = subprocess.Popen(argv, cwd=directory, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime
