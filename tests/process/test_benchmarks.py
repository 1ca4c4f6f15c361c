"""The benchmarks run, and leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_run_measures_floor_and_udaemon(tmp_path: Path) -> None:
    """Two daemons are enough to see that rows find their figures; whether they are good is not asked here."""
    file = tmp_path / "figures.json"
    rows = ["start", "stop"]
    command = [sys.executable, "-m", "benchmarks", *rows]
    options = ["--count", "2", "--repeat", "1", "--json", str(file)]

    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode in {0, 1}, done.stderr
    figures = json.loads(file.read_text())["figures"]
    assert {figure["row"] for figure in figures} == set(rows)
    assert [figure["what"] for figure in figures if {"floor", "udaemon"} - set(figure["values"])] == []
