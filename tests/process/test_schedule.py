"""Schedules with real processes: commands that are executed by them, and due times that outlive a supervisor."""

from __future__ import annotations

import os
import time
from pathlib import Path

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
