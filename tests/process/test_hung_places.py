"""Places other than a daemon's own program and directory that do not answer: pid files, logs, modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "mnt"
    made.mkdir()
    return made


@pytest.fixture
def hung(place: Path) -> Iterator[HungMount]:
    mount = HungMount(place)
    yield mount
    mount.close()


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
