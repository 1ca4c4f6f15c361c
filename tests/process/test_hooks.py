"""Hooks of real daemons: which event comes when, with what, and that nobody suffers from one that is slow or dies."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.process.conftest import Bell
from tests.process.project import Json, Project, gone

Ring = Callable[[str], Bell]
TOLD = """
    import json, os, sys
    event = json.load(sys.stdin)
    env = {name: value for name, value in os.environ.items() if name.startswith("UDAEMON_")}
    with open(os.environ["BELL"], "w") as bell:
        bell.write(json.dumps({"hook": sys.argv[1], "event": event, "env": env, "cwd": os.getcwd()}) + "\\n")
"""


def hooked(project: Project, rung: Bell, manifest: str) -> None:
    """A manifest whose hooks `told(...)` ring with all that they are told."""
    project.file("told.py", TOLD)
    told = r'{ exec = ["python3", "told.py", "\1"] }'
    project.manifest(f'env = {{ BELL = "{rung.path}" }}\n' + re.sub(r"told\((\w+)\)", told, manifest))


def take(rung: Bell, count: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rung.lines(count, timeout=30)]


def words(said: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["event"]["name"], one["event"]["event"]) for one in said]


def hook_notices(project: Project) -> list[str]:
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [one["message"] for one in told if one["event"] == "hook"]


def test_a_command_tells_of_its_life_to_those_that_want_to_know(project: Project, bell: Ring) -> None:
    rung = bell("told")
    hooked(
        project,
        rung,
        """
        [on]
        restart = told(all)

        [daemons.web]
        command = "sleep 1000"
        backoff = { initial = "50ms" }
        on = { start = told(own), ready = told(own), restart = told(own), failed = told(own) }
        start-limit = { count = 1 }
        """,
    )
    project.up()
    first = take(rung, 2)
    assert words(first) == [("web", "start"), ("web", "ready")]
    pid = project.instance("web")["pid"]
    assert (first[0]["event"]["pid"], first[0]["env"]["UDAEMON_PID"]) == (pid, str(pid))
    assert first[0]["cwd"] == str(project.directory)
    os.kill(pid, signal.SIGKILL)
    after = take(rung, 4)
    assert sorted((one["hook"], one["event"]["event"]) for one in after) == [
        ("all", "restart"),
        ("own", "ready"),
        ("own", "restart"),
        ("own", "start"),
    ]
    restart = next(one for one in after if one["event"]["event"] == "restart")
    assert restart["event"]["exit"] == {"code": None, "signal": 9, "reason": "killed"}
    assert restart["event"]["reason"] == restart["env"]["UDAEMON_REASON"] == "killed"
    os.kill(project.until("web", lambda one: one["pid"] is not None)["pid"], signal.SIGKILL)
    (failed,) = take(rung, 1)
    event = failed["event"]
    assert set(event) == {
        *("version", "event", "at", "project", "context", "name", "instance", "instances", "message", "state"),
        *("health", "pid", "restarts", "reason", "exit", "run", "missed"),
    }
    assert (event["event"], event["state"], event["restarts"], event["pid"]) == ("failed", "failed", 1, None)
    assert failed["env"]["UDAEMON_MESSAGE"] == event["message"]
    assert "gave up after 1 restart in" in event["message"]
    assert failed["env"]["UDAEMON_EVENT"] == "failed"
    project.down()


def test_runs_of_a_task_are_told_and_its_own_callables_are_called_as_before(project: Project, bell: Ring) -> None:
    rung = bell("told")
    project.file(
        "jobs.py",
        """
        import json, os
        def run(count=[0]):
            count[0] += 1
            if count[0] == 3:
                raise ValueError("postgres://me:s3cret@db/ is away")
        def done(event):
            print("called", event.kind, event.run_id, os.getpid(), flush=True)
        def told(event):
            said = json.dumps({"hook": "callable", "event": event})
            open(os.environ["BELL"], "w").write(said + "\\n")
        """,
    )
    hooked(
        project,
        rung,
        """
        [daemons.task]
        task = "jobs:run"
        sleep = "50ms"
        restart = "never"
        on = { task-done = ["jobs:done", told(done)], task-failed = told(failed), ready = "jobs:told" }
        """,
    )
    project.run("up", "-d")
    said = take(rung, 4)
    by_event = {one["event"]["event"]: one for one in said}
    assert sorted(word for _, word in words(said)) == ["ready", "task-done", "task-done", "task-failed"]
    assert by_event["ready"]["hook"] == "callable"
    run = by_event["task-done"]["event"]["run"]
    assert (run["id"], run["error"]) == (2, None)
    assert run["duration"] < 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", run["started_at"])
    failed = by_event["task-failed"]["event"]
    assert failed["run"]["id"] == 3
    assert failed["run"]["error"] == failed["message"] == "ValueError: postgres://me:********@db/ is away"
    pids = re.findall(r"called task_done [12] (\d+)", project.log("task"))
    assert len(pids) == 2
    assert len(set(pids)) == 1
    project.down()


def test_health_missed_runs_and_runs_of_a_scheduled_command_are_told(project: Project, bell: Ring) -> None:
    rung = bell("told")
    hooked(
        project,
        rung,
        """
        [daemons.web]
        command = "sleep 1000"
        ready = { file = "up" }
        health = { file = "well", period = "100ms", failures = 1, action = "mark" }
        on = { ready = told(own), health = told(own) }

        [daemons.job]
        command = "sh job.sh"
        sleep = "150ms"
        on = { task-done = told(own), task-failed = told(own), missed = told(own) }
        """,
    )
    project.file("up", "")
    project.file("well", "")
    project.file("job.sh", "test ! -e no")
    project.run("up", "-d", "--wait", "web")
    (ready,) = take(rung, 1)
    assert words([ready]) == [("web", "ready")]
    (project.directory / "well").unlink()
    (ill,) = take(rung, 1)
    assert (ill["event"]["event"], ill["event"]["health"]) == ("health", "failing")
    project.file("well", "")
    (well,) = take(rung, 1)
    assert (well["event"]["event"], well["event"]["health"]) == ("health", "ok")
    project.run("start", "job")
    (done,) = take(rung, 1)
    assert (done["event"]["event"], done["event"]["run"]["id"], done["event"]["reason"]) == ("task-done", 1, "exited")
    project.file("no", "")
    while (failed := take(rung, 1)[0]["event"])["event"] != "task-failed":
        pass
    assert failed["exit"]["code"] == 1
    project.run("pause", "job")
    while (missed := take(rung, 1)[0]["event"])["event"] != "missed":
        pass
    assert missed["missed"] == 1
    project.down()


def test_i17_what_a_webhook_is_known_by_is_shown_nowhere(project: Project) -> None:
    secrets = ("T0KEN", "passw0rd", "h3ader", "qu3ry")
    url = "http://me:passw0rd@127.0.0.1:9/T0KEN?x=qu3ry"
    hook = f'{{ webhook = "{url}", headers = {{ X-Any = "h3ader" }}, retries = 0 }}'
    project.manifest(f"""
        [on]
        start = {hook}

        [daemons.web]
        command = "sleep 1000"
        on = {{ ready = {hook} }}
    """)
    project.up()
    deadline = time.monotonic() + 30
    while not hook_notices(project) and time.monotonic() < deadline:
        pass
    shown = [project.run(*verb).stdout for verb in (["config"], ["inspect", "web"], ["events"], ["config", "--origin"])]
    shown += [Path(file).read_text(errors="replace") for file in project.state.rglob("*.log")]
    assert "hook of web, webhook http://127.0.0.1:9: an event could not be told: connection refused" in shown[2]
    for secret in secrets:
        assert not any(secret in text for text in shown), secret
    manifest = (project.directory / "udaemon.toml").read_text()
    project.file("udaemon.toml", manifest.replace("T0KEN", "OTHER-T0KEN").replace("h3ader", "0ther-h3ader"))
    difference = project.run("diff").stdout
    assert "on.ready" in difference
    assert not any(secret in difference for secret in secrets)
    project.down()


@pytest.mark.timing
def test_a_flood_of_runs_and_a_hook_that_hangs_disturb_nobody(project: Project) -> None:
    """A task that runs back to back: its reports are bounded, what is left out is counted, answers stay quick."""
    project.file("jobs.py", "def run():\n    pass\n")
    project.file("slow.sh", "echo $$ >> pids; exec sleep 1000")
    project.manifest("""
        [daemons.task]
        task = "jobs:run"
        sleep = 0
        min-sleep = 0
        on = { task-done = { exec = "sh slow.sh", timeout = "20s" } }

        [daemons.other]
        command = "sleep 1000"
        backoff = { initial = "10ms" }
    """)
    project.up()
    project.until("other", lambda one: one["state"] == "running")
    while project.instance("task")["runs"]["count"] < 10_000:
        pass
    pid = project.instance("other")["pid"]
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    project.until("other", lambda one: one["pid"] not in (None, pid))
    assert time.monotonic() - began < 5
    project.run("stop", "task")
    count = project.instance("task")["runs"]["count"]
    deadline = time.monotonic() + 30
    while not (said := hook_notices(project)) and time.monotonic() < deadline:
        pass
    (dropped,) = [int(match[1]) for one in said if (match := re.search(r": (\d+) events were dropped", one))]
    assert count - 101 <= dropped + 101 <= count + 101  # all but those that wait, and the one that is told
    assert dropped > 5000
    pids = [int(line) for line in (project.directory / "pids").read_text().split()]
    project.down()
    assert gone(pids)


def test_a_runner_that_is_killed_harms_nobody(project: Project, bell: Ring) -> None:
    rung = bell("told")
    hooked(project, rung, '[daemons.web]\ncommand = "sleep 1000"\non = { start = told(own) }\n')
    project.up()
    take(rung, 1)
    before: Json = project.ps()
    supervisor = before["supervisor"]["pid"]
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    (runner,) = [int(pid) for pid in children if b"hooks.runner" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(runner, signal.SIGKILL)
    project.run("restart", "web")
    assert words(take(rung, 1)) == [("web", "start")]
    assert project.ps()["supervisor"]["pid"] == supervisor
    assert hook_notices(project) == ["the runner of hooks has died, and is started again"]
    project.down()


def test_what_waits_to_be_told_outlives_the_supervisor_that_gives_way(project: Project, bell: Ring) -> None:
    rung = bell("told")
    project.manifest(f"""
        [daemons.web]
        command = "sleep 1000"
        instances = 3
        env = {{ BELL = "{rung.path}" }}
        on = {{ start = {{ exec = "sh -c 'sleep 1; echo $UDAEMON_INSTANCE > $BELL'" }} }}
    """)
    project.up()
    project.run("reexec")
    assert sorted(rung.lines(3, timeout=30)) == ["0", "1", "2"]
    project.down()


def test_what_a_hook_leaves_behind_is_none_of_the_daemons(project: Project, bell: Ring) -> None:
    """It would end with the daemon otherwise, and a command that exits soon would be taken for one that forks."""
    rung = bell("told")
    project.file("hook.sh", f"setsid sh -c 'echo $$ > {rung.path}; exec sleep 1000' &\nread word < {rung.path}.go")
    os.mkfifo(f"{rung.path}.go")
    project.manifest("""
        [daemons.web]
        command = "sh -c 'read word < go; exit 0'"
        restart = "never"
        on = { start = { exec = "sh hook.sh", timeout = "20s" } }
    """)
    os.mkfifo(project.directory / "go")
    project.up()
    left = int(rung.lines(1)[0])
    Path(f"{rung.path}.go").write_text("go\n")
    (project.directory / "go").write_text("go\n")
    assert project.until("web", lambda one: one["state"] in ("exited", "failed"))["state"] == "exited"
    assert Path(f"/proc/{left}").exists()
    os.kill(left, signal.SIGKILL)
    project.down()
