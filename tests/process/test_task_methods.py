"""A task's own `ready()` and `health()`, asked by a real child between its runs."""

from __future__ import annotations

import json

import pytest
from tests.process.project import Project
from tests.process.test_keeper import kill, supervisor
from tests.process.test_probes import wait_for_supervisor

TASKS = """
    import os

    class Cache:
        def do_task(self):
            pass

        def ready(self):
            return os.path.exists("warm")

        def health(self):
            if os.path.exists("ill"):
                raise ConnectionError("postgres://u:hunter2@db/x refused")

    class Async:
        async def do_task(self):
            pass

        async def ready(self):
            return os.path.exists("warm")

        async def health(self):
            if os.path.exists("ill"):
                raise ConnectionError("postgres://u:hunter2@db/x refused")

    class Stuck:
        def do_task(self):
            pass

        def ready(self):
            return False
"""


def events(project: Project, name: str) -> list[tuple[str, str]]:
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [(one["event"], one["message"]) for one in told if one["name"] == name]


@pytest.mark.parametrize("task", ["Cache", "Async"])
@pytest.mark.parametrize("action", ["mark", "restart"])
def test_it_is_ready_and_well_as_it_says(project: Project, task: str, action: str) -> None:
    project.file("tasks.py", TASKS)
    project.manifest(f"""
        [daemons.cache]
        factory = "tasks:{task}"
        sleep = "1h"
        ready = {{ period = "100ms" }}
        health = {{ period = "100ms", failures = 2, action = "{action}" }}
    """)
    with project.process("up", "-d", "--wait") as up:
        wait_for_supervisor(project)
        seen = project.until("cache", lambda seen: seen["runs"]["count"] == 1)
        assert seen["state"] == "starting", "runs go on meanwhile"
        project.file("warm", "")
        assert up.wait(30) == 0
    pid = project.instance("cache")["pid"]
    project.until("cache", lambda seen: seen["health"] == "ok")
    project.file("ill", "")
    if action == "mark":
        seen = project.until("cache", lambda seen: seen["health"] == "failing")
        assert (seen["pid"], seen["state"], seen["restarts"]) == (pid, "running", 0)
        (project.directory / "ill").unlink()
        project.until("cache", lambda seen: seen["health"] == "ok")
    else:
        seen = project.until("cache", lambda seen: seen["restarts"] >= 1)
        assert seen["exit"]["reason"] == "unhealthy"
    assert any(word == "failing" and "ConnectionError: " in text for word, text in events(project, "cache"))
    assert "hunter2" not in project.run("events", "--json").stdout + project.run("inspect", "cache").stdout


def test_one_that_is_never_ready_has_crashed(project: Project) -> None:
    project.file("tasks.py", TASKS)
    project.manifest("""
        [daemons.stuck]
        factory = "tasks:Stuck"
        sleep = "1h"
        ready.within = "500ms"
        restart = "never"
    """)
    said = project.run("up", "-d", "--wait", code=1).stderr
    assert "stuck/0 failed: not ready within 0.5 s: ready() returned False" in said


def test_f1_what_it_says_reaches_the_next_supervisor(project: Project) -> None:
    project.file("tasks.py", TASKS)
    project.manifest("""
        [daemons.cache]
        factory = "tasks:Cache"
        sleep = "1h"
        ready = { period = "100ms" }
        health = { period = "100ms", action = "mark" }
    """)
    with project.process("up", "-d"):
        wait_for_supervisor(project)
        pid = project.until("cache", lambda seen: seen["runs"]["count"] == 1)["pid"]
        kill(supervisor(project))
        assert project.instance("cache")["state"] == "starting"
        project.file("warm", "")
        seen = project.until("cache", lambda seen: seen["state"] == "running" and seen["health"] == "ok")
        assert (seen["pid"], seen["restarts"]) == (pid, 0)
        kill(supervisor(project))
        project.file("ill", "")
        assert project.until("cache", lambda seen: seen["health"] == "failing")["pid"] == pid


def test_what_the_manifest_asks_stands_in_place_of_a_method(project: Project) -> None:
    project.file("tasks.py", TASKS)
    project.manifest("""
        [daemons.stuck]
        factory = "tasks:Stuck"
        sleep = "1h"
        ready.uptime = "10ms"
    """)
    project.run("up", "-d", "--wait")
    assert project.instance("stuck")["state"] == "running"
