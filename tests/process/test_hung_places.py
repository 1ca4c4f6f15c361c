"""Places other than a daemon's own program and directory that do not answer: pid files, logs, modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.process.hung import HungMount
from tests.process.project import PATIENCE, Project, gone

OTHERS = f"""
[daemons.fine]
command = "sleep 1000"
autostart = false

[daemons.task]
command = ["{sys.executable}", "-c", "import signal; print('runs', flush=True); signal.pause()"]
"""


def serves(project: Project) -> None:
    """The supervisor answers, and starts and stops what has nothing to do with it."""
    project.run("start", "fine")
    pid = project.instance("fine")["pid"]
    project.run("stop", "fine")
    assert gone([pid])


def test_pid_files_that_cannot_be_written_hold_up_nobody(project: Project, place: Path) -> None:
    project.manifest(f'run-dir = "{place}"\n{OTHERS}')
    project.up()
    pid = project.instance("task")["pid"]
    assert (place / "task.pid").read_text() == str(pid)
    hung = HungMount(place)
    try:
        serves(project)
        project.run("restart", "task")
        hung.asked()
        project.down()
    finally:
        hung.close()


def test_a_log_that_cannot_be_opened_holds_up_no_verb(project: Project, place: Path) -> None:
    project.manifest(f'{OTHERS}\n[daemons.stuck]\ncommand = "echo hello"\nautostart = false\nlog-dir = "{place}"\n')
    project.up()
    hung = HungMount(place)
    try:
        project.run("start", "stuck", code=None)
        hung.asked()
        serves(project)
        project.run("down", code=None)
        assert project.run("ps", code=3).stdout == ""
    finally:
        hung.close()


def test_modules_that_do_not_answer_hold_up_their_own_daemon(project: Project, place: Path) -> None:
    project.file("plain.py", "def run(): pass\n")
    project.manifest(
        f"""
        [daemons.fine]
        task = "plain:run"
        sleep = "1h"

        [daemons.stuck]
        task = "elsewhere:run"
        sleep = "1h"
        env.PYTHONPATH = "{place}"
        stop.timeout = "1s"
        autostart = false

        [daemons.shared]
        task = "plain:run"
        preload = ["elsewhere"]
        sleep = "1h"
        env.PYTHONPATH = "{place}"
        stop.timeout = "1s"
        autostart = false
        """
    )
    project.up()
    hung = HungMount(place)
    try:
        for name in ("stuck", "shared"):
            with project.process("start", name) as start:
                hung.asked()
                project.run("restart", "fine")
                project.run("stop", name)
                start.communicate(timeout=PATIENCE)
            assert project.instance(name)["state"] == "stopped"
        project.down()
    finally:
        hung.close()


@pytest.mark.timing
def test_f35_what_a_stop_cannot_kill_is_listed_by_pid_and_the_stop_fails(project: Project, place: Path) -> None:
    """The leader ends; what it started waits in the kernel (D state)."""
    project.manifest(
        f"""
        [daemons.leader]
        command = "sh -c 'cat {place}/x & echo $! > child; exec sleep 1000'"
        stop.timeout = "1s"
        autostart = false
        """
    )
    project.run("up", "-d")
    hung = HungMount(place)
    try:
        project.run("start", "leader")
        hung.swallow()
        child = int((project.directory / "child").read_text())
        stop = project.run("stop", "leader", code=1)
        assert f"leader/0 cannot be killed: pid {child} lives on" in stop.stdout + stop.stderr
        assert project.instance("leader")["state"] == "failed"
        assert f"still lives: pid {child}" in project.run("status", "leader").stdout
        project.run("start", "leader", code=1)
        down = project.run("down", code=1)
        assert str(child) in down.stdout + down.stderr
    finally:
        hung.close()
    assert gone([child])


@pytest.mark.timing
def test_f35_a_foreground_that_cannot_kill_fails(project: Project, place: Path) -> None:
    project.manifest(f'[daemons.stuck]\ncommand = "cat {place}/x"\nstop.timeout = "1s"\n')
    hung = HungMount(place)
    try:
        with project.process("up") as up:
            hung.swallow()
            up.terminate()
            shown, told = up.communicate(timeout=PATIENCE)
        assert up.returncode == 1
        assert "stuck/0 unkillable: pid " in shown + told
    finally:
        hung.close()
