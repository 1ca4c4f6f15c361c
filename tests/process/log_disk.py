"""Run inside a mount namespace of its own: a small disk is filled by logs, then made larger.

Knows no test; it prints what it saw as JSON. Arguments: an empty directory, "block" or "drop".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.process.log_rig import LogRig, history, numbers

from udaemon.logs.log_target import LogTarget

LINES = 3000
WRITER = f"""
import os
for n in range({LINES}): os.write(1, b"%09d %s\\n" % (n, b"." * 989))
"""


def run(directory: Path, policy: str) -> dict[str, object]:
    """Fill a disk of 256 KiB with 3 MB, see what is told, enlarge it, and count what arrived."""
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
    subprocess.run(["mount", "-o", "remount,size=16m", directory], check=True)
    rig.until_ended(number)
    left = writer.wait(10)
    rig.close()
    lines = history(path).splitlines()
    return {
        "full": full,
        "left": left,
        "states": [state for _, state in rig.states],
        "numbers": numbers(lines),
        "marks": [line.decode() for line in lines if line.startswith(b"udaemon: ")],
        "others": [line.decode() for line in lines if not line[:9].isdigit() and not line.startswith(b"udaemon: ")],
    }


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2])))
