"""Locks and room to start with real processes: no two runs overlap, whoever dies, and nobody waits in vain."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project

JOBS = """
import os
import time

def say(word):
    with open(os.environ["BELL"], "w") as bell:
        bell.write(word + "\\n")

def turn():
    name = os.environ["UDAEMON_NAME"]
    say(f"{name} begins")
    time.sleep(0.02)
    say(f"{name} ends")

async def coroutine():
    turn()

def hold():
    say("hold begins")
    with open(os.environ["GATE"]) as gate:
        gate.readline()
    say("hold ends")

def wait():
    say("wait runs")
"""
OVERLAPPING = """
env = {{ BELL = "{bell}" }}
defaults = {{ lock = "db", sleep = "40ms" }}
[daemons.one]
task = "jobs:turn"
[daemons.two]
task = "jobs:turn"
sleep = 0
[daemons.three]
task = "jobs:coroutine"
[daemons.four]
command = ["sh", "-c", "echo four begins > $BELL; sleep 0.02; echo four ends > $BELL"]
sleep = "50ms"
"""
HELD = """
env = {{ BELL = "{bell}", GATE = "{gate}" }}
[daemons.hold]
task = "jobs:hold"
sleep = "1h"
lock = ["db", "mail"]
restart = "never"
[daemons.wait]
task = "jobs:wait"
sleep = "1h"
lock = "db"
autostart = false
"""


@pytest.fixture
def held(project: Project, bell: Callable[[str], Bell]) -> tuple[Bell, Bell]:
    """A project in which one run goes on until the gate is written to, and another one waits for its lock."""
    rung, gate = bell("rung"), bell("gate")
    project.file("jobs.py", JOBS)
    project.manifest(HELD.format(bell=rung.path, gate=gate.path))
    project.up("hold")
    assert rung.lines() == ["hold begins"]
    project.run("start", "wait")
    project.until("wait", lambda one: one["activity"] == "waiting")
    return rung, gate


def test_runs_that_need_one_lock_never_overlap(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("rung")
    project.file("jobs.py", JOBS)
    project.manifest(OVERLAPPING.format(bell=rung.path))
    project.run("up", "-d")

    lines = rung.lines(80, timeout=60.0)

    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    assert all(begins.removesuffix(" begins") == ends.removesuffix(" ends") for begins, ends in pairs)
    assert {begins for begins, _ in pairs} == {f"{name} begins" for name in ("one", "two", "three", "four")}


def test_who_waits_says_for_what_and_goes_on_then(project: Project, held: tuple[Bell, Bell]) -> None:
    rung, gate = held
    told = project.instance("wait")
    assert (told["state"], told["activity"]) == ("running", "waiting")
    assert told["runs"]["last"]["error"] == "waiting for lock db, held by hold #1"
    gate.path.write_text("go\n")
    assert rung.lines(2) == ["hold ends", "wait runs"]


def test_a_stop_ends_the_wait_at_once(project: Project, held: tuple[Bell, Bell]) -> None:
    assert held
    project.run("stop", "wait")
    told = project.instance("wait")
    assert (told["state"], told["exit"]["reason"], told["exit"]["code"]) == ("stopped", "stopped", 0)
    project.run("down", "-t", "0")


def test_a_holder_that_dies_frees_its_locks(project: Project, held: tuple[Bell, Bell]) -> None:
    rung, _ = held
    os.kill(project.instance("hold")["pid"], signal.SIGKILL)
    assert rung.lines() == ["wait runs"]


def test_a_supervisor_that_is_killed_forgets_no_lock(project: Project, held: tuple[Bell, Bell]) -> None:
    rung, _ = held
    before = project.ps()["supervisor"]["pid"]
    os.kill(before, signal.SIGKILL)
    told = project.until("wait", lambda one: one["activity"] == "waiting")
    assert project.ps()["supervisor"]["pid"] != before
    assert told["runs"]["last"]["error"] == "waiting for lock db, held by hold #1"
    os.kill(project.instance("hold")["pid"], signal.SIGKILL)
    assert rung.lines() == ["wait runs"]
