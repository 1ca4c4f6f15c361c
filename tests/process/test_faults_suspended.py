"""Processes that stand still for a while: a daemon that somebody has stopped (F33), and a whole host (F10)."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import PATIENCE, Project, gone
from tests.process.test_keeper import parent, supervisor

from udaemon.system.process_tree import descendants

PERIOD = 0.1
TICK = """
    def create():
        return tick

    def tick():
        with open("ticks", "a") as file:
            print("tick", file=file)
"""


def ticks(project: Project) -> int:
    path = project.directory / "ticks"
    return len(path.read_text().split()) if path.exists() else 0


def until_ticks(project: Project, number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while ticks(project) < number:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_f10_after_a_long_pause_of_all_nothing_is_made_up_for_and_nobody_is_judged_late(project: Project) -> None:
    """A suspended host: every process of ours and of the daemons' stands still for two seconds."""
    project.file("tick.py", TICK)
    project.manifest(f"""
        [daemons.tick]
        factory = "tick:create"
        sleep = "{PERIOD}s"
        task-timeout = "1s"

        [daemons.db]
        command = "sleep 1000"
        health = {{ exec = "true", period = "200ms", timeout = "1s", failures = 1 }}
    """)
    project.up()
    until_ticks(project, 5)
    before = project.instances()
    keeper = parent(supervisor(project))
    everything = [keeper, *descendants(keeper)]
    for pid in everything:
        os.kill(pid, signal.SIGSTOP)
    seen = ticks(project)
    threading.Event().wait(2.0)
    begun = time.monotonic()
    for pid in reversed(everything):
        os.kill(pid, signal.SIGCONT)
    until_ticks(project, seen + 5)
    made = ticks(project) - seen
    assert made <= (time.monotonic() - begun) / PERIOD + 3
    after = project.instances()
    for old, new in zip(before, after, strict=True):
        assert (new["pid"], new["state"], new["restarts"]) == (old["pid"], "running", 0)
    assert "timeout" not in project.run("events").stdout


def test_f33_a_daemon_that_stands_still_is_shown_as_that_until_it_goes_on(project: Project) -> None:
    project.file("tick.py", TICK)
    project.manifest("""
        [daemons.tick]
        factory = "tick:create"
        sleep = "1h"

        [daemons.db]
        command = "sleep 1000"
    """)
    project.up()
    project.until("tick", lambda one: one["activity"] == "sleeping")
    before = {one["name"]: one["pid"] for one in project.instances()}
    for pid in before.values():
        os.kill(pid, signal.SIGSTOP)
    assert {one["name"]: (one["state"], one["activity"]) for one in project.instances()} == dict.fromkeys(
        before, ("running", "suspended")
    )
    assert project.run("ps").stdout.count("suspended") == 2
    assert "until it gets CONT" in project.run("status", "db").stdout
    project.run("signal", "CONT", "*")
    assert {one["name"]: one["activity"] for one in project.instances()} == {"tick": "sleeping", "db": None}


@pytest.mark.parametrize("verb", ["stop", "restart"])
def test_f33_a_daemon_that_stands_still_is_stopped_as_any_other(
    project: Project, bell: Callable[[str], Bell], verb: str
) -> None:
    """CONT follows TERM, so that it ends by itself."""
    rung = bell("bell")
    script = f"trap 'echo ended > {rung.path}; exit 0' TERM; echo up > {rung.path}; while :; do sleep 0.05; done"
    project.file("still.sh", script)
    project.manifest('[daemons.still]\ncommand = "sh still.sh"\n')
    project.up()
    assert rung.lines(1, timeout=PATIENCE) == ["up"]
    pid = project.instance("still")["pid"]
    os.kill(pid, signal.SIGSTOP)
    project.run(verb, "still")
    assert gone([pid], 0.0)
    assert rung.lines(1) == ["ended"]
    assert project.instance("still")["exit"]["signal"] is None


def test_f33_one_that_stands_still_and_ignores_term_is_killed_in_time(project: Project) -> None:
    """F32, too."""
    project.manifest("""
        [daemons.deaf]
        command = ["sh", "-c", "trap '' TERM; touch up; while :; do sleep 0.05; done"]
        stop = { timeout = "300ms" }
    """)
    project.up()
    project.until("deaf", lambda _seen: Path(project.directory / "up").exists())
    pid = project.instance("deaf")["pid"]
    os.kill(pid, signal.SIGSTOP)
    project.run("stop", "deaf")
    assert gone([pid], 0.0)
    assert project.instance("deaf")["exit"]["signal"] == signal.SIGKILL
