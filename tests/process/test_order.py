"""Daemons that need others, with real processes: the order in the events, and what goes wrong half way."""

from __future__ import annotations

import json
import os
import time

from tests.process.project import PATIENCE, Json, Project

STACK = """
    [daemons.web]
    command = "sleep 1000"
    depends-on = { db = "ready", migrate = "completed", warm = "first-run-ok" }

    [daemons.warm]
    task = "jobs:warm"
    sleep = "1h"
    depends-on = ["db"]

    [daemons.migrate]
    command = "cat go"
    depends-on = ["db"]

    [daemons.db]
    command = "sleep 1000"
"""
JOBS = """
    def warm():
        print("warm")
"""


def told(project: Project, *words: str) -> list[str]:
    """What happened, as `db started`, in its order; only these words."""
    events = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [f"{one['name']} {one['event']}" for one in events if one["event"] in words]


def stack(project: Project) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(STACK)
    os.mkfifo(project.directory / "go")


def let_go(project: Project) -> None:
    """Let the migration end."""
    os.close(os.open(project.directory / "go", os.O_WRONLY))


def test_a_stack_starts_in_order_and_stops_in_reverse(project: Project) -> None:
    stack(project)
    with project.process("up", "-d", "--wait") as up:
        seen = project_waits(project, "web", "waiting for migrate@completed")
        assert seen["runs"]["last"]["error"] == "waiting for migrate@completed"
        let_go(project)
        assert up.wait(PATIENCE) == 0
    order = told(project, "started", "exited")
    assert order[0] == "db started"
    assert order[-1] == "web started"
    assert order.index("migrate started") < order.index("migrate exited") < order.index("web started")
    common = project.instance("db")["log"].replace("db.log", "_common.log")
    project.down()
    lines = (project.directory / common).read_text().splitlines()
    ends = [line.split()[1] for line in lines if " exited: " in line]
    assert ends[-1] == "db/0"
    assert ends.index("web/0") < ends.index("warm/0") < ends.index("db/0")


def project_waits(project: Project, name: str, message: str) -> Json:
    up_is_there(project)
    return project.until(name, lambda one: one["runs"]["last"]["error"] == message)


def test_down_ends_while_a_chain_is_half_up(project: Project) -> None:
    stack(project)
    with project.process("up", "-d"):
        project_waits(project, "web", "waiting for migrate@completed")
        done = project.run("down")
    assert "db/0 stopped" in done.stderr
    assert "web/0 stopped (was waiting for migrate@completed)" in done.stderr
    assert project.run_directories() == []


def test_a_restart_of_what_waits_waits_on_and_starts_it_once(project: Project) -> None:
    stack(project)
    with project.process("up", "-d", "--wait") as up:
        project_waits(project, "web", "waiting for migrate@completed")
        project.run("restart", "web", "--wait-timeout", "1", code=124)
        assert project.instance("web")["state"] == "waiting"
        let_go(project)
        assert up.wait(PATIENCE) == 0
    assert told(project, "started").count("web started") == 1


def test_one_that_gives_up_is_told_by_all_that_need_it_and_mended_it_starts_them(project: Project) -> None:
    project.manifest(
        """
        [daemons.db]
        command = "cat database"
        restart = "never"
        [daemons.web]
        command = "sleep 1000"
        depends-on = { db = "completed" }
        [daemons.top]
        command = "sleep 1000"
        depends-on = ["web"]
        """
    )
    up = project.run("up", "-d", "--wait", code=1)
    assert "web/0 not started: waiting for db@completed: db failed: exit code 1" in up.stderr
    assert "top/0 not started: waiting for web@ready: db failed: exit code 1" in up.stderr
    assert project.run("wait", "top", code=1).stderr.startswith(
        "top/0 is waiting for web@ready: db failed: exit code 1"
    )
    assert project.run("start", "top", code=1).stderr.count("not started: waiting for") == 1
    project.file("database", "")
    project.run("start", "db")
    project.run("wait", "top")
    assert told(project, "started")[-2:] == ["web started", "top started"]


def test_what_becomes_ready_only_after_a_restart_counts(project: Project) -> None:
    project.manifest(
        """
        [daemons.db]
        factory = "jobs:create"
        sleep = "1h"
        backoff = { initial = "0.2s", max = "0.2s" }
        [daemons.web]
        command = "sleep 1000"
        depends-on = ["db"]
        """
    )
    project.file("jobs.py", "import os\n\ndef create():\n    os.stat('data')\n    return lambda: None\n")
    with project.process("up", "-d"):
        up_is_there(project)
        project.until("db", lambda one: one["restarts"] > 0)
        project.file("data", "")
        project.run("wait", "web", "--timeout", "30")


def test_an_unknown_name_is_told_and_starts_nothing(project: Project) -> None:
    project.manifest('[daemons.web]\ncommand = "sleep 1000"\ndepends-on = ["dv"]\n[daemons.db]\ncommand = "true"\n')
    said = project.run("up", "-d", code=2)
    assert "udaemon.toml:3:15: error[unknown-daemon]" in said.stderr
    assert project.run_directories() == []


def test_no_deps_starts_what_is_named_and_nothing_else(project: Project) -> None:
    stack(project)
    project.run("up", "-d", "--no-deps", "web")
    states = {one["name"]: one["state"] for one in project.instances()}
    assert states == {"web": "running", "warm": "stopped", "migrate": "stopped", "db": "stopped"}
    assert project.run("stop", "web").stderr.startswith("web/0 stopped")
    assert project.run("start", "--no-deps", "web").returncode == 0


def test_the_foreground_stops_in_reverse_order_too(project: Project) -> None:
    stack(project)
    with project.process("up") as up:
        up_is_there(project)
        let_go(project)
        project.run("wait", "web", "--timeout", "30")
        common = project.instance("db")["log"].replace("db.log", "_common.log")
        up.terminate()
        up.communicate(timeout=PATIENCE)
    lines = (project.directory / common).read_text().splitlines()
    ends = [line.split()[1] for line in lines if " exited: " in line]
    assert (ends[-1], ends.index("web/0") < ends.index("warm/0")) == ("db/0", True)


def up_is_there(project: Project) -> None:
    """Wait until the supervisor answers."""
    deadline = time.monotonic() + PATIENCE
    while project.run("ps", code=None).returncode == 3:
        assert time.monotonic() < deadline
