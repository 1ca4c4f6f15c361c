"""`udaemon wait NAME@run-ok`: told by the process that had the run, and nobody looks again and again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project

JOBS = """
    class Async:
        async def do_task(self):
            open("go").read()

    def create():
        return lambda: open("go").read()

    def create_async():
        return Async()
"""


def wake_ups(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


@pytest.mark.parametrize(
    "what",
    [
        'factory = "jobs:create"\nsleep = 60',
        'factory = "jobs:create"\nsleep = 0',
        'factory = "jobs:create_async"\nsleep = 60',
        'factory = "jobs:create"\nsleep = 60\nstart-method = "spawn"',
    ],
    ids=["plain", "back-to-back", "async", "spawn"],
)
def test_who_waits_for_a_good_run_hears_of_it(project: Project, what: str) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(f"[daemons.job]\n{what}\n".replace("\n", "\n        "))
    os.mkfifo(project.directory / "go")
    project.run("up", "-d")
    supervisor = project.ps()["supervisor"]["pid"]
    project.until("job", lambda one: one["state"] == "running")
    before = wake_ups(supervisor)
    project.run("wait", "job@run-ok", "--timeout", "1", code=124)
    assert wake_ups(supervisor) - before < 10, "20 looks a second would be told of here"
    with project.process("wait", "job@run-ok") as wait:
        os.close(os.open(project.directory / "go", os.O_WRONLY))  # the run is over
        assert wait.wait(PATIENCE) == 0


def test_a_failed_run_is_none(project: Project) -> None:
    project.file(
        "jobs.py",
        """
        import os

        def create():
            def task():
                if not os.path.exists("failed"):
                    open("failed", "w").close()
                    raise ValueError
            return task
    """,
    )
    project.manifest('[daemons.job]\nfactory = "jobs:create"\nsleep = 60\n')
    project.run("up", "-d", code=None)
    project.run("wait", "job@run-ok", "--timeout", "30")
    assert project.instance("job")["runs"]["count"] == 2
