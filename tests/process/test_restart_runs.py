"""Restarts under load cut no run off (issue 14, "It must show" 6)."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.process.project import Project

WORK = """
    import time, udaemon

    def create(context: udaemon.TaskContext):
        def work() -> None:
            print("begins", flush=True)
            end = time.monotonic() + 0.03
            while time.monotonic() < end:
                sum(range(100))
            print("ends", flush=True)
        return work
"""


@pytest.mark.parametrize(
    ("instances", "times"),
    [(10, 4), pytest.param(50, 20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
    ids=["40 restarts", "1,000 restarts"],
)
def test_a_restart_interrupts_no_run(project: Project, instances: int, times: int) -> None:
    project.file("work.py", WORK)
    project.manifest(f"""
        [daemons.busy]
        factory = "work:create"
        sleep = "40ms"
        instances = {instances}
        stop.timeout = "5m"
    """)
    project.up()
    for _ in range(times):
        project.run("restart", "*")
    told = project.instances()
    project.down()

    said: dict[str, list[str]] = {}
    for line in (project.directory / told[0]["log"]).read_text().splitlines():
        _, instance, word = line.rsplit(maxsplit=2)
        said.setdefault(instance, []).append(word)
    assert len(said) == instances
    for words in said.values():
        assert words == ["begins", "ends"] * (len(words) // 2)
    assert Counter(one["restarts"] for one in told) == {0: instances}, "an operator's restart is not counted"
    assert sum(one["runs"]["failed"] for one in told) == 0
