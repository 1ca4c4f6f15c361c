"""Schedules with real processes: commands that are executed by them, and due times that outlive a supervisor."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.process.project import Project

COMMAND = """
project = "clockwork"
[daemons.job]
command = ["sh", "-c", "echo run"]
sleep = "100ms"
"""

MISSED = """
project = "clockwork"
[daemons.weekly]
{what}
cron = "0 4 * * sun"
timezone = "Pacific/Apia"
misfire = {misfire}
"""
TASK, SHELL = 'task = "jobs:run"', 'command = ["sh", "-c", "echo ran"]'


def stamp(project: Project) -> Path:
    (found,) = project.state.rglob("schedule-*/weekly-0")
    return found


def test_a_command_with_a_period_is_executed_again_and_again(project: Project) -> None:
    project.manifest(COMMAND)
    project.up()

    told = project.until("job", lambda one: one["runs"]["count"] >= 3)

    assert told["wanted"] == "up"
    assert told["state"] in ("waiting", "starting", "running")
    assert told["runs"]["failed"] == 0
    assert told["restarts"] == 0
    assert project.run("wait", "job@run-ok").returncode == 0
    project.run("stop", "job")
    assert project.instance("job")["state"] == "stopped"


def test_a_run_that_fails_is_counted_and_the_next_one_comes(project: Project) -> None:
    project.manifest(COMMAND.replace("echo run", "exit 3"))
    project.up()

    told = project.until("job", lambda one: one["runs"]["failed"] >= 2)

    assert told["runs"]["last"]["outcome"] == "failed"
    assert told["state"] != "failed"


def test_what_was_missed_while_it_was_down_is_made_up_for(project: Project) -> None:
    for what, misfire, runs in ((SHELL, '"run-once"', 1), (TASK, '{ run = "all", max = 3 }', 3)):
        project.file("jobs.py", "def run():\n    print('ran', flush=True)\n")
        project.manifest(MISSED.format(what=what, misfire=misfire))
        project.up()
        told = project.until("weekly", lambda one: one["runs"]["next_at"] is not None)
        assert told["runs"]["count"] == 0
        project.down()

        kept = stamp(project)
        long_ago = time.time() - 40 * 86400
        os.utime(kept, (long_ago, long_ago))
        project.up()
        told = project.until("weekly", lambda one, runs=runs: one["runs"]["count"] == runs)  # type: ignore[misc]

        assert told["runs"]["missed"] == 5 - runs or told["runs"]["missed"] == 6 - runs
        assert kept.stat().st_mtime > time.time() - 8 * 86400
        project.down()


def test_skip_is_what_is_done_where_nothing_is_said(project: Project) -> None:
    project.manifest(MISSED.format(what=SHELL, misfire='"skip"'))
    project.up()
    project.down()
    os.utime(stamp(project), (1e9, 1e9))
    project.up()

    told = project.until("weekly", lambda one: one["runs"]["missed"] > 0)

    assert (told["state"], told["runs"]["count"]) == ("waiting", 0)


def test_a_cron_line_may_begin_with_a_run(project: Project) -> None:
    project.manifest('[daemons.job]\ncommand = "sleep 60"\ncron = "@yearly"\nrun-on-start = true\n')
    project.up()

    told = project.until("job", lambda one: one["state"] == "running")

    assert told["activity"] == "in-run"
    assert told["runs"]["current_started_at"] is not None


RUNS = """
[daemons.slow]
task = "jobs:run"
sleep = "50ms"
[daemons.fast]
task = "jobs:nothing"
[daemons.coroutine]
task = "jobs:soon"
sleep = "50ms"
[daemons.job]
command = "true"
sleep = "100ms"
"""
JOBS = """
import asyncio

def run(): pass
def nothing(): pass
async def soon():
    await asyncio.sleep(0)
"""


def test_pause_kick_and_resume(project: Project) -> None:
    """Of a task with pauses, one without, an async one, and a scheduled command."""
    project.file("jobs.py", JOBS)
    project.manifest(RUNS)
    project.up()
    names = ("slow", "fast", "coroutine", "job")
    for name in names:
        project.until(name, lambda one: one["runs"]["count"] >= 2)

    project.run("pause", *names)
    held = {name: project.until(name, lambda one: one["activity"] == "paused")["runs"]["count"] for name in names}
    project.run("kick", *names)
    for name, count in held.items():
        told = project.until(name, lambda one, count=count: one["runs"]["count"] > count)  # type: ignore[misc]
        assert told["runs"]["count"] == count + 1
        assert told["runs"]["next_at"] is None

    project.run("restart", "slow")
    told = project.instance("slow")
    assert (told["activity"], told["runs"]["count"]) == ("paused", held["slow"] + 1)
    project.run("resume", *names)
    for name, count in held.items():
        project.until(name, lambda one, count=count: one["runs"]["count"] >= count + 3)  # type: ignore[misc]


def test_a_schedule_goes_on_under_the_next_supervisor(project: Project) -> None:
    """It begins no run because of that, and the one that goes on is no failed one."""
    project.manifest(
        '[daemons.once]\ncommand = "true"\ncron = "@yearly"\nrun-on-start = true\n'
        '[daemons.long]\ncommand = "sleep 60"\nsleep = "1h"\n[daemons.hourly]\ncommand = "true"\nsleep = "1h"\n'
    )
    project.up()
    for name in ("once", "hourly"):
        project.until(name, lambda one: one["runs"]["count"] == 1)
    before = project.until("long", lambda one: one["state"] == "running")
    pid = project.ps()["supervisor"]["pid"]

    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while project.run("ps", "--json", code=None).returncode or project.ps()["supervisor"]["pid"] == pid:
        assert time.monotonic() < deadline

    after = {name: project.until(name, lambda one: one["runs"]["next_at"] or one["pid"]) for name in ("once", "hourly")}
    assert [one["runs"]["count"] for one in after.values()] == [1, 1]
    goes = project.instance("long")
    assert (goes["pid"], goes["state"], goes["runs"]["failed"]) == (before["pid"], "running", 0)
    assert goes["runs"]["current_started_at"] is not None


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_run_gives_way_to_the_next_one_where_it_is_cancelled(project: Project) -> None:
    """At the next full minute. It ends by itself with 0, and leaves a child behind that has to be ended, too."""
    project.manifest(
        '[daemons.job]\ncommand = ["sh", "-c", "trap \'exit 0\' TERM; sleep 300 & wait"]\ncron = "* * * * *"\n'
        'run-on-start = true\noverlap = "cancel"\nlock = "db"\n'
        '[daemons.alarm]\ncommand = "true"\nafter-run = { job = "failed" }\n'
        '[daemons.thanks]\ncommand = "true"\nafter-run = { job = "ok" }\n'
    )
    project.up()
    first = project.until("job", lambda one: one["state"] == "running")["pid"]

    told = project.until("job", lambda one: one["runs"]["count"] == 1 and one["state"] == "running", within=90)

    assert told["pid"] != first
    assert told["runs"]["last"]["outcome"] == "failed"
    assert told["exit"]["reason"] == "cancelled"
    assert told["restarts"] == 0
    project.until("alarm", lambda one: one["runs"]["count"] == 1)
    assert project.instance("thanks")["runs"]["count"] == 0
    assert "job/0 cancelled: the next run is due" in project.run("events").stdout
