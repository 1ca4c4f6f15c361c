"""Readiness and health by lines of a real process's output, through a real logger."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from tests.process.project import Project
from tests.process.test_keeper import kill, supervisor
from tests.process.test_log_keys import until
from tests.process.test_probes import wait_for_supervisor


def events(project: Project, name: str) -> list[tuple[str, str]]:
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [(one["event"], one["message"]) for one in told if one["name"] == name]


def logger(project: Project) -> int:
    """The logger's pid: the child of the supervisor that is called so."""
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as command, open(f"/proc/{pid}/stat") as stat:
                if b"logger" in command.read() and stat.read().rpartition(")")[2].split()[1] == str(
                    supervisor(project)
                ):
                    return pid
        except OSError:
            continue
    raise AssertionError("no logger")


SAYS = "sh -c 'echo starts; read go < gate; echo listening on :80; exec sleep 1000'"


def test_it_is_ready_when_it_says_so_and_not_before(project: Project) -> None:
    os.mkfifo(project.directory / "gate")
    project.manifest(f"""
        [daemons.web]
        command = "{SAYS}"
        ready = {{ log-line = '^listening on :\\d+$' }}
    """)
    with project.process("up", "-d", "--wait") as up:
        wait_for_supervisor(project)
        project.until("web", lambda seen: seen["state"] == "starting" and seen["pid"] is not None)
        (project.directory / "gate").write_text("go\n")
        assert up.wait(30) == 0
    assert ("ready", "says: listening on :80") in events(project, "web")
    assert (project.instance("web")["state"], project.instance("web")["health"]) == ("running", "ok")


def test_one_that_never_says_so_has_crashed(project: Project) -> None:
    project.manifest("""
        [daemons.web]
        command = "sh -c 'echo starts; exec sleep 1000'"
        ready = { log-line = 'listening', within = "300ms" }
        restart = "never"
    """)
    said = project.run("up", "-d", "--wait", code=1).stderr
    assert "web/0 failed: not ready within 0.3 s" in said


def test_a_task_says_it_while_it_runs(project: Project) -> None:
    project.file("tasks.py", "def warm():\n    print('cache is warm', flush=True)\n")
    project.manifest("""
        [daemons.cache]
        task = "tasks:warm"
        sleep = "1h"
        ready.log-line = "warm$"
    """)
    project.run("up", "-d", "--wait")
    assert ("ready", "says: cache is warm") in events(project, "cache")


def test_one_that_falls_silent_is_restarted_and_a_secret_is_not_told(project: Project) -> None:
    project.manifest("""
        [daemons.worker]
        command = "sh -c 'echo beat postgres://u:hunter2@db/x; exec sleep 1000'"
        health = { log-line = '^beat', period = "200ms", failures = 2 }
    """)
    project.run("up", "-d")
    seen = project.until("worker", lambda seen: seen["restarts"] >= 1)
    assert seen["exit"]["reason"] == "unhealthy"
    told = events(project, "worker")
    assert ("failing", "unhealthy: no line that says that it is well for 0.4 s") in told
    assert "hunter2" not in project.run("events", "--json").stdout


def test_one_that_goes_on_to_say_it_is_left_alone_also_by_another_logger(project: Project) -> None:
    project.manifest("""
        [daemons.worker]
        command = "sh -c 'while :; do echo beat; sleep 0.05; done'"
        health = { log-line = '^beat', period = "5s", failures = 1 }
    """)
    project.run("up", "-d")
    before = project.until("worker", lambda seen: seen["health"] == "ok")
    os.kill(logger(project), signal.SIGKILL)
    kill(supervisor(project))
    seen = project.until("worker", lambda seen: seen["health"] == "ok")
    assert (seen["pid"], seen["restarts"]) == (before["pid"], 0)


def test_f7_what_was_said_when_no_supervisor_heard_it_is_known_to_the_next(project: Project) -> None:
    os.mkfifo(project.directory / "gate")
    project.manifest(f"""
        [daemons.web]
        command = "{SAYS}"
        ready.log-line = '^listening'
        [daemons.client]
        command = "sleep 1000"
        depends-on = ["web"]
    """)
    with project.process("up", "-d") as up:
        wait_for_supervisor(project)
        web = project.until("web", lambda seen: seen["state"] == "starting" and seen["pid"] is not None)
        deaf = supervisor(project)
        os.kill(deaf, signal.SIGSTOP)
        (project.directory / "gate").write_text("go\n")
        until(Path(web["log"]).parent, lambda: "listening" in Path(web["log"]).read_text())
        kill(deaf)
        up.wait(30)
    project.until("client", lambda seen: seen["state"] == "running")
    assert project.instance("web")["pid"] == web["pid"]


def test_a_pattern_that_would_take_for_ever_is_given_up_and_no_line_is_lost(project: Project) -> None:
    project.manifest(f"""
        [daemons.evil]
        command = "sh -c 'echo {"a" * 3000}b; echo last; exec sleep 1000'"
        ready = {{ log-line = '(a+)+$', within = "8s" }}
        restart = "never"
        [daemons.other]
        command = "sh -c 'echo hello; exec sleep 1000'"
        ready.log-line = "hello"
    """)
    said = project.run("up", "-d", "--wait", code=1).stderr
    why = "log-line takes too long for its output, and is given up"
    assert f"evil/0 failed: not ready within 8 s: {why}" in said
    assert project.instance("other")["state"] == "running"
    project.down()
    (log,) = project.state.rglob("evil.log")
    assert log.read_text().endswith("last\n")
