"""Popular libraries, all in one manifest, each in two daemons that give true results (issue 8, F66 to F73).

Knows the libraries only by what their modules answer; `pytest -m libraries` runs it, in an environment that has them.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from tests.libraries.modules import MODULES, source
from tests.process.project import Project, read_line

PATIENCE = 90.0
pytestmark = [pytest.mark.libraries, pytest.mark.timeout(200)]

TASKS = [name for name in MODULES if name.endswith("_app")]
DAEMONS = {f"{task.removesuffix('_app')}-{number}": task for task in TASKS for number in (1, 2)}
MOST = {"numpy-1": 20, "matplotlib-1": 30, "aiohttp-1": 14, "requests-1": 13, "pymongo-1": 13, "prometheus-1": 8}
"""Private MB of one that has imported for itself: 82, 45, 22, 16, 19, 11."""
DAEMONS |= {"prometheus-1": "prometheus_one", "prometheus-2": "prometheus_two"}


def manifest() -> str:
    """All daemons: one run, then an hour's pause, so that the processes can be looked at."""
    return "".join(f'[daemons.{name}]\nfactory = "{task}:create"\nsleep = "1h"\n' for name, task in DAEMONS.items())


def wait_for_runs(project: Project, count: int = 1) -> None:
    """Wait until `count` processes of each daemon have run; looked at anew after each event."""
    with project.process("events", "-f", "--json") as events:
        assert events.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while waiting := {
            one["name"] for one in project.instances() if project.log(one["name"]).count("RESULT") < count
        }:
            assert time.monotonic() < deadline, f"no result of {sorted(waiting)}"
            assert read_line(events.stdout.fileno(), deadline), f"no more events, no result of {sorted(waiting)}"


def wait_until_loaded(project: Project) -> None:
    """Wait until the zygote has imported all that daemons share; each verb takes a tenth of a second."""
    deadline = time.monotonic() + PATIENCE
    for name in DAEMONS:
        if name.startswith("gevent"):  # begins with nothing loaded
            continue
        while True:
            sharing = json.loads(project.run("inspect", name).stdout)["daemons"][0]["sharing"]
            if sharing is not None and sharing["loaded"]:
                break
            assert time.monotonic() < deadline, f"what {name} shares is not loaded"


def look(project: Project) -> dict[str, tuple[float, str | None]]:
    """Private memory of each daemon in MB, and why it was forked with nothing loaded, if it was."""
    found = {}
    for name in DAEMONS:
        one = json.loads(project.run("inspect", name).stdout)["instances"][0]
        found[name] = private(one["pid"]), one["zygote"]["reason"]
    return found


def told(project: Project) -> dict[str, Any]:
    """What each daemon wrote to its log: one line, of one process."""
    found = {}
    for name in DAEMONS:
        lines = re.findall(r"RESULT (.*)", project.log(name))
        assert len(lines) == 1, f"{name}: {project.log(name)}"
        found[name] = json.loads(lines[0])
    return found


def private(pid: int) -> float:
    """Memory that a process has for itself, in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE)) / 1000


def test_ten_popular_libraries_give_true_results(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for name in MODULES:
        project.file(f"{name}.py", source(name))
    project.manifest(manifest())

    checked = project.run("check", "-v").stderr
    project.run("up", "-d")
    wait_for_runs(project)
    results = told(project)
    instances = project.instances()

    assert {one["name"]: one["restarts"] for one in instances if one["restarts"]} == {}
    pairs = {task: [results[f"{task}-{number}"] for number in (1, 2)] for task in {n[:-2] for n in DAEMONS}}
    pids = {one["name"]: str(one["pid"]) for one in instances}
    for plain in ("requests", "gevent", "aiohttp", "grpc"):
        assert pairs[plain] == [pids[f"{plain}-1"], pids[f"{plain}-2"]]
    for rows in ("django", "sqlalchemy"):
        assert pairs[rows] == [[pids[f"{rows}-1"]], [pids[f"{rows}-2"]]]
    assert pairs["prometheus"] == [1, 1]
    assert pairs["loguru"] == [1, 1]
    assert pairs["apscheduler"] == [True, True]
    assert pairs["matplotlib"] == ["89504e47"] * 2
    (one, first_id), (two, second_id) = pairs["pymongo"]
    assert (one, two) == (pids["pymongo-1"], pids["pymongo-2"])
    assert first_id != second_id
    (*one, first_random), (*two, second_random) = pairs["numpy"]
    assert one == two == [3.0, 27_000_000.0]
    assert first_random != second_random
    for name in ("django-1", "django-2"):
        assert (project.directory / f"{pids[name]}.out").read_text().splitlines()[-1] == f"said by {pids[name]}"

    first = look(project)  # need not wait for a slow import of others, and may share less
    wait_until_loaded(project)
    project.run("restart", *DAEMONS)
    wait_for_runs(project, 2)
    second = look(project)
    with capsys.disabled():
        print("", checked, "private MB at first and after a restart:", sep="\n")
        for name, (size, why) in first.items():
            print(f"{name:16} {size:7.1f} {second[name][0]:7.1f}", f" at first: {why}" if why else "")
    assert {name for name, (_, why) in second.items() if why} == {"gevent-1", "gevent-2"}
    for name, most in MOST.items():
        assert second[name][0] < most, f"what {name} can share is not shared"
