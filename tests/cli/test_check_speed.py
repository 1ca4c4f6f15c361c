"""`check` of 500 daemons costs a bounded number of Python starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DAEMON = """
[daemons.d{at}]
factory = "jobs:create"
sleep = "30s"
min-sleep = "1s"
description = "daemon number {at}"
instances = 2
params = {{ queue = "q{at}", size = {at} }}
log = {{ max-size = "10M", backups = 3 }}
"""


def cpu(command: list[str], folder: Path) -> float:
    """CPU seconds of a command and what it waited for; the least of five, for others use this machine too."""
    least = float("inf")
    for _ in range(5):
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


@pytest.mark.timing
@pytest.mark.parametrize(("mistake", "most"), [("", 28), ("slep = 1\n", 45)])
def test_500_daemons_cost_little(mistake: str, most: float, tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text("def create(queue, size): ...\n")
    (tmp_path / "udaemon.toml").write_text("".join(DAEMON.format(at=at) for at in range(500)) + mistake)
    bare = cpu([sys.executable, "-c", "pass"], tmp_path)
    assert cpu([sys.executable, "-m", "udaemon", "check"], tmp_path) < most * bare
