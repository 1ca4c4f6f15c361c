"""Logs on a file system that does not answer: one process writes all logs, so all of them wait, and none is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process.hung import HungMount
from tests.process.project import PATIENCE, Project, alive

COUNT = """
    n=0
    while :; do
        n=$((n + 1))
        echo "line $n"
        echo "$n" > "$1.at"
        sleep 0.01
    done
"""
MANIFEST = """
    [daemons.far]
    command = "sh count.sh far"
    log-dir = "mnt"

    [daemons.near]
    command = "sh count.sh near"
    log-dir = "."
"""
LOGS = {"far": "mnt/far.log", "near": "near.log"}


@pytest.fixture
def counting(project: Project) -> Project:
    """Two that count aloud, one of them to a file in `mnt`."""
    (project.directory / "mnt").mkdir()
    project.file("count.sh", COUNT)
    project.manifest(MANIFEST)
    project.up()
    deadline = time.monotonic() + PATIENCE
    while not all(path.exists() and numbers(path) for path in (project.directory / log for log in LOGS.values())):
        assert time.monotonic() < deadline
        project.run("ps")
    return project


@pytest.fixture
def hung(counting: Project) -> Iterator[HungMount]:
    """`mnt` answers nobody any more, and the logger has asked."""
    mount = HungMount(counting.directory / "mnt")
    mount.asked()
    yield mount
    mount.close()


def numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"line (\d+)$", path.read_text(), re.MULTILINE)]


def at(project: Project, name: str) -> int:
    """How far a daemon has counted."""
    return int((project.directory / f"{name}.at").read_text().strip() or 0)


def test_daemons_go_on_and_all_that_they_wrote_is_in_their_logs_in_the_end(counting: Project, hung: HungMount) -> None:
    """Verbs are answered meanwhile."""
    before = {name: at(counting, name) for name in ("far", "near")}
    for name, seen in before.items():
        counting.until(name, lambda one: one["state"] == "running")
        while at(counting, name) < seen + 50:
            counting.run("ps")
    hung.close()
    counting.run("stop", "-t", "0", "far", "near")
    counting.down()
    for name, path in LOGS.items():
        found = numbers(counting.directory / path)
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= before[name] + 50


def test_down_ends_within_seconds_and_says_what_no_file_has_got(counting: Project, hung: HungMount) -> None:
    pids = [one["pid"] for one in counting.instances()]
    done = counting.run("down", code=1)
    hung.close()
    assert re.search(
        r"\b(1 line|\d+ lines) \(\d+ bytes\) for .*/mnt/far\.log could not be written and (is|are) lost", done.stderr
    )
    assert not any(alive(pid) for pid in pids)
    found = numbers(counting.directory / "near.log")
    assert found == list(range(1, len(found) + 1))
    (lost,) = re.findall(r"(\d+) lines? \(\d+ bytes?\) for .*/near\.log could", done.stderr) or ["0"]
    assert at(counting, "near") <= len(found) + int(lost)
