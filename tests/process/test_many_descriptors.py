"""faults.md F13: a supervisor with more files open than select(2) can name goes through every verb."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, gone
from tests.process.test_keeper import kill, supervisor

BEYOND = 1024
"""The first number that select(2) does not take."""
MANIFEST = """
    [daemons.many]
    command = "sleep 1000"
    instances = {count}
    [daemons.asked]
    command = "sleep 1001"
    health = {{ exec = ["true"], period = "100ms" }}
    env = {{ EDIT = "{edit}" }}
    on.start = {{ exec = ["sh", "-c", "echo told > {bell}"] }}
    [daemons.task]
    task = "beat:run"
    sleep = 1000
"""


def free_numbers(pid: int) -> int:
    """How many numbers that select(2) takes a process has no file for."""
    return len(set(map(str, range(BEYOND))) - set(os.listdir(f"/proc/{pid}/fd")))


@pytest.mark.timeout(120)
def test_f13_a_project_of_many_is_changed_told_of_and_taken_over(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("told")

    def edit(number: int) -> None:
        project.manifest(MANIFEST.format(edit=number, count=count, bell=rung.path))

    count = 400
    project.file("beat.py", "def run():\n    pass\n")
    edit(1)
    project.up()
    assert rung.lines() == ["told"]
    while (gaps := free_numbers(supervisor(project))) > 1:
        count += (gaps + 2) // 3  # each fills three gaps at its start, and leaves one
        project.run("scale", f"many={count}")
    project.until("asked", lambda seen: seen["health"] == "ok")
    for number in (2, 3):  # the first time may have left something half done
        before = project.instance("asked")["pid"]
        edit(number)
        project.run("apply")
        assert gone([before])
        assert rung.lines() == ["told"]
    project.until("asked", lambda seen: seen["health"] == "ok")
    for take_over in (lambda: kill(supervisor(project)), lambda: project.run("reexec")):
        pids = {one["pid"] for one in project.instances()}
        take_over()
        assert {one["pid"] for one in project.instances()} == pids
        project.until("asked", lambda seen: seen["health"] == "ok")
    project.run("restart", "asked", "task")
    events = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    assert [one["message"] for one in events if one["event"] in ("bug", "warning")] == []
    project.down()
    assert (
        "Traceback"
        not in (project.state / "udaemon").joinpath(project.directory.name, "log", "_common.log").read_text()
    )
