"""Tasks that will not be stopped or only seem to be alive: F44 and F45, told from outside."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, gone

STUBBORN = {
    "swallows every exception": """
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                pass
    """,
    "swallows the end of the program": """
        while True:
            try:
                sys.exit(0)
            except SystemExit:
                time.sleep(0.01)
    """,
    "has its own handler of TERM": """
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        while True:
            time.sleep(0.01)
    """,
    "ignores TERM": """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(0.01)
    """,
}
MODULE = """\
import signal
import sys
import threading
import time


def ring(what):
    with open({bell!r}, "w") as bell:
        print(what, file=bell)


def create():
    return run


def run():
    ring("begun")
"""
MANIFEST = """
    [daemons.mailer]
    factory = "jobs:create"
    sleep = "1h"
    stop = { timeout = "500ms" }
    log-dir = "log"
"""


def module(project: Project, bell: Bell, body: str) -> None:
    lines = [line[4:] for line in body.strip("\n").splitlines()]
    project.file("jobs.py", MODULE.format(bell=str(bell.path)) + "\n".join(lines) + "\n")


@pytest.mark.parametrize("how", STUBBORN)
def test_f44_a_task_that_will_not_be_stopped_is_killed_when_its_time_is_over(
    project: Project, bell: Callable[[str], Bell], how: str
) -> None:
    """Not before, and the stop ends."""
    rung = bell("bell")
    module(project, rung, STUBBORN[how])
    project.manifest(MANIFEST)
    project.up()
    assert rung.lines(1, timeout=30.0) == ["begun"]
    pid = project.instance("mailer")["pid"]
    begun = time.monotonic()
    done = project.run("stop", "mailer")
    assert time.monotonic() - begun >= 0.5
    assert gone([pid], 0.0)
    seen = project.instance("mailer")
    assert (seen["state"], seen["exit"]["signal"]) == ("stopped", 9)
    assert "stopped by SIGKILL" in done.stderr
    assert re.search(r"mailer/0 killing: killed after \d+\.\d+ s", project.run("events").stdout)


def test_f45_a_thread_that_beats_keeps_no_stuck_run_alive(project: Project, bell: Callable[[str], Bell]) -> None:
    """What counts is whether the loop's own thread comes round; F42, whoever else prints and works in that process."""
    rung = bell("bell")
    body = """
        threading.Thread(target=beat, daemon=True).start()
        threading.Event().wait()


    def beat():
        while True:
            print("alive", flush=True)
            time.sleep(0.01)
    """
    module(project, rung, body)
    project.manifest(MANIFEST + '    task-timeout = "300ms"\n    restart = "never"\n')
    project.up()
    assert rung.lines(1, timeout=30.0) == ["begun"]
    seen = project.until("mailer", lambda one: one["state"] == "failed")
    assert seen["exit"]["reason"] == "timeout"
    assert "alive" in project.log("mailer")
