"""`check` of 500 daemons costs a bounded number of Python starts."""

from __future__ import annotations

import compileall
import os
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from benchmarks.processes import cost
from benchmarks.rows.check import JOBS, manifest

import udaemon

TRIES = 12


def cpu(command: list[str], folder: Path, code: int = 0) -> float:
    """Seconds of CPU."""
    return cost(command, folder, os.environ, code)[1]


@pytest.mark.timing
@pytest.mark.parametrize(
    ("file", "mistake", "most"), [("500.toml", "", 20), ("500.yaml", "", 20), ("500.toml", "slep = 1\n", 30)]
)
def test_500_daemons_cost_little(file: str, mistake: str, most: float, tmp_path: Path) -> None:
    compileall.compile_dir(udaemon.__path__[0], quiet=1)  # as pip does; Python may be told to keep no bytecode here
    text = manifest() + mistake
    (tmp_path / "jobs.py").write_text(JOBS)
    (tmp_path / file).write_text(text if file.endswith("toml") else yaml.safe_dump(tomllib.loads(text)))
    check = [sys.executable, "-m", "udaemon", "check", file]

    def starts() -> float:
        """What a check costs, in Python starts of the same moment: others use this machine too, now more, now less."""
        bare = min(cpu([sys.executable, "-c", "pass"], tmp_path) for _ in range(3))
        return cpu(check, tmp_path, int(bool(mistake))) / bare

    assert any(starts() < most for _ in range(TRIES))
