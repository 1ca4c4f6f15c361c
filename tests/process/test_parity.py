"""What scripts around ustream/daemon rely on, of daemons that really run: names and contents of files."""

from __future__ import annotations

import pytest
from tests.process.project import Project

JOBS = """
    def create(context):
        return lambda: print(f"{context.instance} of {context.instances}")
"""


@pytest.mark.parametrize(
    ("context", "pid_files", "logs"),
    [
        (
            "production",
            ["d-production.pid", "m-production-0.pid", "m-production-1.pid"],
            ["d-production", "m-production"],
        ),
        (None, ["d.pid", "m-0.pid", "m-1.pid"], ["d", "m"]),
        ("0", ["d-0.pid", "m-0-0.pid", "m-0-1.pid"], ["d-0", "m-0"]),
    ],
)
def test_names_of_files_have_the_context_and_the_instance(
    context: str | None, pid_files: list[str], logs: list[str], project: Project
) -> None:
    """As docs/guide/legacy.md, "Files", but for the dangling dash, and the context "0", which no log had."""
    project.file("jobs.py", JOBS)
    project.manifest(f"""
        {f'context = "{context}"' if context else ""}
        run-dir = "run"
        [defaults]
        factory = "jobs:create"
        log-dir = "logs/deep"
        sleep = 3600
        [daemons.d]
        [daemons.m]
        instances = 2
    """)
    project.up()
    project.until("m", lambda _: all(one["runs"]["count"] == 1 for one in project.instances()))
    pids = [str(one["pid"]) for one in project.instances()]

    run = project.directory / "run"
    assert sorted(file.name for file in run.iterdir()) == pid_files
    assert [(run / name).read_text() for name in pid_files] == pids
    project.down()

    written = project.directory / "logs" / "deep"
    assert sorted(file.name for file in written.glob("[!_]*")) == [f"{name}.log" for name in logs]
    said = sorted(line.split(" ", 1)[1] for line in (written / f"{logs[1]}.log").read_text().splitlines())
    assert said == ["[0] 0 of 2", "[1] 1 of 2"]
    assert list(run.iterdir()) == []
