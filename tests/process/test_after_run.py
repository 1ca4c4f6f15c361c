"""Runs after those of another daemon, with real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project

JOBS = """
import os

count = 0

def say(word):
    with open(os.environ["BELL"], "w") as bell:
        bell.write(word + "\\n")

def export():
    global count
    count += 1
    say(f"export {count}")
    if count == 3:
        raise ValueError("no")

def nothing():
    pass

class Mail:
    def __init__(self, context):
        self.context = context

    def do_task(self):
        after = self.context.after
        say("kicked" if after is None else f"mail {after.name}/{after.instance} #{after.id} {after.outcome}")

def mail(context):
    return Mail(context)
"""
MANIFEST = """
env = {{ BELL = "{bell}" }}
[daemons.export]
task = "jobs:{source}"
{pace}
restart = "never"
[daemons.mail]
factory = "jobs:mail"
after-run = {{ export = "{on}" }}
[daemons.alarm]
command = ["sh", "-c", "echo alarm $UDAEMON_AFTER_NAME $UDAEMON_AFTER_RUN $UDAEMON_AFTER_OUTCOME > $BELL"]
after-run = {{ export = "failed" }}
"""


@pytest.fixture
def rung(project: Project, bell: Callable[[str], Bell]) -> Bell:
    project.file("jobs.py", JOBS)
    return bell("rung")


def test_a_task_and_a_command_follow_a_task(project: Project, rung: Bell) -> None:
    project.manifest(MANIFEST.format(bell=rung.path, source="export", pace='sleep = "1h"', on="ok"))
    project.run("up", "-d")
    assert rung.lines(2) == ["export 1", "mail export/0 #1 ok"]
    project.run("kick", "export")
    assert rung.lines(2) == ["export 2", "mail export/0 #2 ok"]
    project.run("kick", "mail")
    assert rung.lines() == ["kicked"]
    project.run("kick", "export")
    assert rung.lines(2) == ["export 3", "alarm export 3 failed"]
    assert project.instance("mail")["runs"]["count"] == 3


def test_a_supervisor_that_was_killed_goes_on_with_it(project: Project, rung: Bell) -> None:
    project.manifest(MANIFEST.format(bell=rung.path, source="export", pace='sleep = "1h"', on="any"))
    project.run("up", "-d")
    rung.lines(2)
    before = project.ps()["supervisor"]["pid"]
    os.kill(before, signal.SIGKILL)
    project.until("mail", lambda one: one["state"] == "running")
    project.run("kick", "export")
    assert rung.lines(2) == ["export 2", "mail export/0 #2 ok"]


def test_a_task_without_a_pause_can_be_followed_from_then_on(project: Project, rung: Bell) -> None:
    """It is the same process; its loop tells of each run from now on."""
    text = MANIFEST.format(bell=rung.path, source="nothing", pace="", on="ok")
    alone = text[: text.index("[daemons.mail]")]
    project.manifest(alone)
    project.up()
    before = project.instance("export")["pid"]
    project.manifest(text)
    project.run("apply")
    assert rung.lines()[0].startswith("mail export/0 #")
    assert project.instance("export")["pid"] == before
