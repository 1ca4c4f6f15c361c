"""Run inside a mount namespace of its own: a small disk is filled by logs, then made larger.

Knows no test; it prints what it saw as JSON. Arguments: an empty directory, "block" or "drop", and perhaps "kill": the
logger is killed while the disk is full, and so is its successor.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.process.log_rig import LogRig, history, numbers

from udaemon.logs.log_target import LogTarget

LINES = 6000
WRITER = f"""
import os
for n in range({LINES}): os.write(1, b"%09d %s\\n" % (n, b"." * 989))
"""


def kill(rig: LogRig, number: int, state: str) -> None:
    """Twice, the second time one that was stopped; each time the next one tells of the full disk again."""
    for first in (signal.SIGKILL, signal.SIGSTOP):
        rig.until("a logger", lambda: rig.link.pid is not None)
        rig.until("its answer", lambda: rig.link.deadline is None)
        assert rig.link.pid is not None
        deaths = len(rig.deaths)
        os.kill(rig.link.pid, first)
        os.kill(rig.link.pid, signal.SIGKILL)
        rig.until("its death", lambda: len(rig.deaths) > deaths)  # noqa: B023
        rig.until_state(number, state)


def run(directory: Path, policy: str, *, killed: bool = False) -> dict[str, object]:
    """Fill a disk of 256 KiB with 6 MB, see what is told, enlarge it, and count what arrived."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory], check=True)
    path = directory / "x.log"
    rig = LogRig()
    number, write = rig.open(LogTarget(path=str(path), timestamps=False, drop=policy == "drop"))
    writer = subprocess.Popen([sys.executable, "-c", WRITER], stdout=write)
    os.close(write)
    if policy == "drop":
        rig.until_state(number, "dropping (ENOSPC)")
        left = writer.wait(10)
    else:
        rig.until_state(number, "blocked (ENOSPC)")
        left = None
    full = path.stat().st_size
    if killed:
        kill(rig, number, rig.states[-1][1])
    subprocess.run(["mount", "-o", "remount,size=16m", directory], check=True)
    rig.until_ended(number)
    left = writer.wait(10)
    rig.close()
    lines = history(path).splitlines()
    return {
        "lines": LINES,
        "full": full,
        "left": left,
        "states": [state for _, state in rig.states],
        "numbers": numbers(lines),
        "marks": [line.decode() for line in lines if line.startswith(b"udaemon: ")],
        "others": [line.decode() for line in lines if not line[:9].isdigit() and not line.startswith(b"udaemon: ")],
    }


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2], killed=sys.argv[3:] == ["kill"])))
