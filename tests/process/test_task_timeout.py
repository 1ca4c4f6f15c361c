"""`task-timeout`: runs that hang, in Python and in C: F42, F43."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project

HANGS = {
    "a loop": "while True: pass",
    "a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "C code": "import hashlib; hashlib.pbkdf2_hmac('sha256', b'x' * 64, b'y' * 64, 10**9)",
    "swallowed exceptions": """
        while True:
            try:
                while True: pass
            except BaseException: pass""",
}
MODULE = """
    def ring(word):
        with open({bell!r}, "w") as bell:
            bell.write(word + "\\n")
    runs = 0
    def send_mail():
        global runs
        runs += 1
        ring(f"run {{runs}}")
        if runs == 2:
            hang()
    def hang():
        {hang}
"""
MANIFEST = """
    [daemons.mailer]
    task = "jobs:send_mail"
    sleep = "10ms"
    task-timeout = "300ms"
    stop = {{ timeout = "500ms" }}
    restart = "never"
    log-dir = "log"
    start-method = "{start}"
"""


def hanging(project: Project, bell: Bell, hang: str, start: str = "zygote", more: str = "") -> None:
    project.file("jobs.py", MODULE.format(bell=str(bell.path), hang=hang.strip()))
    project.manifest(MANIFEST.format(start=start) + more)


def hangs_within(project: Project, bell: Bell, limit: str) -> str:
    """Have the second run hang with this limit, and wait until it does. Returns the manifest with the short one."""
    hanging(project, bell, HANGS["a lock"])
    text = (project.directory / "udaemon.toml").read_text()
    project.manifest(text.replace('"300ms"', f'"{limit}"'))
    project.up()
    bell.lines(2, timeout=30.0)
    return text


@pytest.mark.parametrize(("hang", "start"), [*((hang, "zygote") for hang in HANGS), ("a lock", "spawn")])
def test_f42_f43_a_run_that_hangs_is_ended_with_its_stack_in_the_log(
    project: Project, bell: Callable[[str], Bell], hang: str, start: str
) -> None:
    rung = bell("bell")
    hanging(project, rung, HANGS[hang], start)
    project.run("up", "-d")
    rung.lines(2, timeout=30.0)
    seen = project.until("mailer", lambda one: one["state"] == "failed")
    assert seen["exit"]["reason"] == "timeout"
    assert seen["exit"]["signal"] == 9
    assert (seen["runs"]["count"], seen["runs"]["failed"]) == (1, 0)
    log = Path(seen["log"]).read_text()
    assert "most recent call first" in log
    assert 'jobs.py", line' in log
    assert "in hang" in log
    assert "in send_mail" in log
    assert "timeout" in project.run("ps").stdout
    messages = project.run("events").stdout
    assert "run 2 has taken longer than 0.3 s" in messages
    project.down()


def test_f42_the_daemon_goes_on_with_its_next_run_in_a_new_process(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    rung = bell("bell")
    hanging(project, rung, HANGS["a lock"])
    text = (project.directory / "udaemon.toml").read_text().replace('restart = "never"', "")
    project.manifest(text)
    project.run("up", "-d")
    assert rung.lines(4, timeout=30.0) == ["run 1", "run 2", "run 1", "run 2"]
    seen = project.until("mailer", lambda one: one["restarts"] >= 1)
    assert seen["exit"]["reason"] == "timeout"
    assert seen["runs"]["failed"] >= 1  # the run that hung
    project.down()


def test_a_run_that_takes_a_term_in_time_is_not_killed(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("bell")
    module = MODULE.format(bell=str(rung.path), hang="wait()")
    project.file(
        "jobs.py",
        module
        + """
    import os, select, signal
    def wait():
        read, write = os.pipe()
        signal.signal(signal.SIGTERM, lambda *_: os.write(write, b"x"))
        select.select([read], [], [], 30)
""",
    )
    project.manifest(MANIFEST.format(start="zygote").replace("500ms", "20s"))
    project.run("up", "-d")
    seen = project.until("mailer", lambda one: one["state"] == "failed")
    assert (seen["exit"]["reason"], seen["exit"]["signal"]) == ("timeout", None)
    project.down()


def test_it_is_live_for_the_run_under_way(project: Project, bell: Callable[[str], Bell]) -> None:
    text = hangs_within(project, bell("bell"), "1h")
    pid = project.instance("mailer")["pid"]
    project.manifest(text)
    assert "live" in project.run("diff").stdout
    project.run("apply")
    seen = project.until("mailer", lambda one: one["state"] == "failed")
    assert seen["exit"]["reason"] == "timeout"
    assert f"pid {pid}" in project.run("events").stdout
    project.down()


def test_a_scheduled_command_is_bounded_too(project: Project) -> None:
    project.manifest("""
        [daemons.job]
        command = ["sh", "-c", "trap '' TERM; sleep 1000 & wait; wait"]
        sleep = "1h"
        task-timeout = "200ms"
        stop = { timeout = "200ms" }
    """)
    project.run("up", "-d")
    seen = project.until("job", lambda one: one["exit"]["reason"] is not None)
    assert (seen["exit"]["reason"], seen["state"], seen["runs"]["failed"]) == ("timeout", "waiting", 1)
    project.down()


def test_f1_it_holds_over_the_death_of_the_supervisor(project: Project, bell: Callable[[str], Bell]) -> None:
    hangs_within(project, bell("bell"), "2s")
    os.kill(project.ps()["supervisor"]["pid"], signal.SIGKILL)
    seen = project.until("mailer", lambda one: one["state"] == "failed")
    assert seen["exit"]["reason"] == "timeout"
    project.down()
