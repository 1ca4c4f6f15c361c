"""`task` names what each run calls, `factory` what makes it: which of the two is said, never guessed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.process.project import PATIENCE, Project

JOBS = """
    import os
    from udaemon import StopTask

    def send(queue, context):
        print(f"sent {queue} as {context.name}, run {context.run_id}")
        return 7

    async def fetch():
        print("fetched")

    class Sweeper:
        runs = 0
        def do_task(self):
            self.runs += 1
            print("swept", self.runs)

    sweeper = Sweeper()

    def quiet():
        for _ in ():
            return
        print("called")

    def makes_seven():
        return 7

    def numbers():
        yield 7

    def create():
        return Sweeper()
"""


def declare(project: Project, *daemons: str) -> None:
    project.manifest('[defaults]\nsleep = "1h"\n' + "".join(f"\n[daemons.{daemon}\n" for daemon in daemons))
    project.file("jobs.py", JOBS)


@pytest.mark.parametrize(
    ("daemon", "said"),
    [
        ('job]\ntask = "jobs:send"\nparams.queue = "mail"', "sent mail as job, run 1\n"),
        ('job]\ntask = "jobs:fetch"', "fetched\n"),
        ('job]\ntask = "jobs:sweeper"', "swept 1\n"),
        ('job]\ntask = "jobs:sweeper.do_task"', "swept 1\n"),
    ],
)
def test_each_run_calls_what_task_names(project: Project, daemon: str, said: str) -> None:
    declare(project, daemon)

    assert project.run("run", "job", "--once").stdout == said


@pytest.mark.parametrize(
    ("daemon", "message"),
    [
        (
            'job]\nfactory = "jobs:quiet"',
            'jobs:quiet returned None and no task: if it is itself the task, write task = "jobs:quiet"',
        ),
        (
            'job]\nfactory = "jobs:fetch"',
            'jobs:fetch is async and makes no task: if it is itself the task, write task = "jobs:fetch"',
        ),
        (
            'job]\nfactory = "jobs:makes_seven"',
            "jobs:makes_seven returned int: a factory returns an object with do_task(), or a function",
        ),
        ('job]\ntask = "jobs:Sweeper"', 'jobs:Sweeper is a class, and makes the task: write factory = "jobs:Sweeper"'),
        (
            'job]\ntask = "jobs:JOBS"',
            "jobs has no JOBS",
        ),
        (
            'job]\ntask = "jobs:os"',
            "jobs:os is module: a task is an object with do_task(), or a function",
        ),
        (
            'job]\ntask = "jobs:numbers"',
            "jobs:numbers is a generator function: calling it does nothing but make a generator; take out the `yield`",
        ),
        (
            'job]\ntask = "jobs:create"',
            "do_task returned a task (Sweeper), which nobody runs: name what makes the task by `factory`",
        ),
        (
            'job]\ntask = "jobs:send"',
            "jobs:send does not fit its params: missing a required argument: 'queue'",
        ),
    ],
)
def test_what_is_named_by_the_wrong_key_ends_with_one_line(project: Project, daemon: str, message: str) -> None:
    declare(project, daemon)

    ran = project.run("run", "job", code=78)

    assert ran.stderr == f"udaemon: job: {message}\n"


def test_under_a_supervisor_a_task_is_forked_told_and_shown(project: Project) -> None:
    declare(
        project,
        'sends]\ntask = "jobs:send"\nparams.queue = "mail"',
        'fetches]\ntask = "jobs:fetch"',
        'wrong]\nfactory = "jobs:quiet"',
        'own]\ntask = "jobs:sweeper"\nstart-method = "spawn"',
    )
    project.run("up", "-d")
    for name in ("sends", "fetches", "own"):
        project.run("wait", f"{name}@run-ok")

    told = {one["name"]: one for one in json.loads(project.run("ps", "--json").stdout)["instances"]}
    card = project.run("status", "sends").stdout
    log = project.run("logs", "sends", "--raw").stdout
    project.run("down")

    assert {name: one["kind"] for name, one in told.items()} == {
        "sends": "task",
        "fetches": "task",
        "wrong": "factory",
        "own": "task",
    }
    assert (told["wrong"]["state"], told["wrong"]["exit"]["code"]) == ("failed", 78)
    assert told["wrong"]["runs"]["last"]["error"].endswith('write task = "jobs:quiet"')
    assert "task        jobs:send\n" in card
    assert "sent mail as sends, run 1" in log


def test_a_program_puts_another_task_in_place_of_the_manifest_s(project: Project) -> None:
    declare(project, 'job]\ntask = "jobs:fetch"')
    project.file(
        "program.py",
        """
        import udaemon
        udaemon.Runner().run_daemon("job", task="jobs:sweeper", once=True)
    """,
    )

    ran = subprocess.run(
        [sys.executable, "program.py"],
        cwd=project.directory,
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    assert ran.stdout == "swept 1\n"


def test_a_task_that_says_enough_by_sys_exit_has_no_error(project: Project) -> None:
    project.file("jobs.py", "import sys\ndef enough(): sys.exit(0)\n")
    project.manifest('[daemons.job]\ntask = "jobs:enough"\nsleep = "1h"\n')
    project.up()
    told = project.until("job", lambda one: one["state"] == "exited")
    assert (told["exit"]["code"], told["exit"]["reason"]) == (0, "exited")
    assert (told["runs"]["last"]["outcome"], told["runs"]["last"]["error"]) == ("ok", None)
