"""`udaemon up --wait` with real processes: what each kind of daemon is there for, who is late and why."""

from __future__ import annotations

import pytest
from tests.process.project import PATIENCE, Project

TASKS = """
    import os, time

    def good():
        pass

    def late():
        if not os.path.exists("tried"):
            open("tried", "w").close()
            raise ValueError("not yet")

    def never():
        raise ConnectionError("no such host db")

    def hangs():
        time.sleep(1000)
"""


@pytest.fixture(autouse=True)
def tasks(project: Project) -> None:
    project.file("tasks.py", TASKS)


def test_it_waits_for_what_each_kind_is_there_for(project: Project) -> None:
    project.manifest("""
        [daemons.service]
        command = "sleep 1000"
        ready = { exec = "test -e opened", period = "100ms" }
        [daemons.once]
        command = "sh -c 'sleep 0.3; touch opened'"
        restart = "never"
        [daemons.good]
        task = "tasks:good"
        sleep = "1h"
        [daemons.late]
        task = "tasks:late"
        sleep = "1h"
        [daemons.report]
        command = "true"
        sleep = "1h"
        [daemons.nightly]
        command = "true"
        cron = "0 0 1 1 *"
    """)
    said = project.run("up", "--wait").stderr
    assert "nightly/0 runs on its schedule" in said
    seen = {one["name"]: one for one in project.instances()}
    states = {name: one["state"] for name, one in seen.items()}
    assert states == {
        "service": "running",
        "once": "exited",
        "good": "running",
        "late": "running",
        "report": "waiting",
        "nightly": "waiting",
    }
    assert {
        name: one["runs"]["last"]["outcome"] for name, one in seen.items() if name in {"good", "late", "report"}
    } == {
        "good": "ok",
        "late": "ok",
        "report": "ok",
    }
    assert seen["late"]["restarts"] == 1


def test_who_is_not_there_in_time_is_named_with_the_reason(project: Project) -> None:
    project.manifest("""
        [daemons.service]
        command = "sleep 1000"
        ready = { file = "nowhere", period = "100ms" }
        [daemons.once]
        command = "sleep 1000"
        restart = "never"
        [daemons.hangs]
        task = "tasks:hangs"
        stop.timeout = 0
        [daemons.fine]
        task = "tasks:good"
        sleep = "1h"
    """)
    said = project.run("up", "-d", "--wait", "--wait-timeout", "3s", code=124).stderr.splitlines()[-1]
    assert said == (
        f"udaemon: not within 3 s: service/0 is starting: not ready yet: {project.directory}/nowhere: "
        "no such file or directory; once/0 is running, and has not ended yet; "
        "hangs/0 is running, and has had no good run yet"
    )


def test_one_that_fails_for_good_ends_the_wait(project: Project) -> None:
    project.manifest("""
        [daemons.never]
        task = "tasks:never"
        sleep = "1h"
        start-limit = { count = 1, window = "1m" }
        [daemons.once]
        command = "sh -c 'exit 3'"
        restart = "never"
        [daemons.report]
        command = "sh -c 'echo no disk; exit 4'"
        sleep = "1h"
    """)
    said = project.run("up", "-d", "--wait", code=1).stderr.splitlines()
    assert any(line.startswith("never/0 failed: gave up after") and "no such host db" in line for line in said)
    assert any(line.startswith("once/0 failed: exit code 3") for line in said)
    assert any(line.startswith("report/0 had no good run: exit code 4") for line in said)


def test_who_waits_for_a_lock_is_not_there(project: Project) -> None:
    project.manifest("""
        [defaults]
        command = "sleep 1000"
        lock = "db"
        [daemons.backup]
        [daemons.server]
    """)
    said = project.run("up", "-d", "--wait", "--wait-timeout", "1s", code=124).stderr.splitlines()[-1]
    assert said == "udaemon: not within 1 s: server/0 is waiting for lock db, held by backup"
    with project.process("up", "-d", "--wait", "server") as waits:
        assert waits.stderr is not None
        project.run("stop", "backup")
        assert waits.wait(PATIENCE) == 0
        assert "server/0 started as pid" in waits.stderr.read()
