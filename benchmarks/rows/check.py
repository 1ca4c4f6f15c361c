"""Check: CPU of `udaemon check` of 500 good daemons, in TOML and in YAML, beside a bare `python -c pass`."""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import yaml

from benchmarks.contestants import Contestant, Udaemon
from benchmarks.figures import Figure, Options
from benchmarks.processes import cost

TITLE = "check"
TURNS = 15
DAEMONS = 500
JOBS = "def create(queue, size): ...\n"
"""The module that the daemons' factories are in."""

_DAEMON = """
[daemons.d{at}]
factory = "jobs:create"
sleep = "30s"
min-sleep = "1s"
description = "daemon number {at}"
instances = 2
params = {{ queue = "q{at}", size = {at} }}
log = {{ max-size = "10M", backups = 3 }}
"""


def manifest() -> str:
    """500 daemons of an ordinary kind, as TOML."""
    return "".join(_DAEMON.format(at=at) for at in range(DAEMONS))


def measure(contestants: Sequence[type[Contestant]], _options: Options) -> Iterator[Figure]:
    """Take turns with the bare interpreter; only udaemon has this verb. What factories name is imported."""
    if Udaemon not in contestants:
        return
    check = [str(Path(sys.executable).with_name("udaemon")), "check"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "jobs.py").write_text(JOBS)
        text = manifest()
        (directory / "500.toml").write_text(text)
        (directory / "500.yaml").write_text(yaml.safe_dump(tomllib.loads(text), sort_keys=False))
        commands = {
            "bare": [sys.executable, "-c", "pass"],
            "TOML": [*check, "500.toml"],
            "YAML": [*check, "500.yaml"],
        }
        cpus: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(TURNS):
            for what, argv in commands.items():
                cpus[what].append(cost(argv, directory, os.environ)[1] * 1000)
    for form in ("TOML", "YAML"):
        values = {"bare": median(cpus["bare"]), "udaemon": median(cpus[form])}
        yield Figure(TITLE, f"{DAEMONS} daemons in {form}, CPU", "ms", values, base="bare", limit=20)
