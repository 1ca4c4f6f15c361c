"""Logs that cannot be written or read, in a project that runs: F31, F6."""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.process.project import PATIENCE, read_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.process.conftest import Bell
    from tests.process.project import Project

MANIFEST = """
    [defaults]
    log-dir = "log"
    stop = { timeout = "1s" }
    [daemons.bad]
    log-dir = "bad"
    command = ["sh", "-c", "echo of bad; exec sleep 1000"]
    [daemons.good]
    command = ["sh", "-c", "echo of good; exec sleep 1000"]
"""
NOT_A_FILE = "blocked (not a regular file)"


def spoil(project: Project, kind: str) -> str:
    """Put something in the place of the log of `bad`. Returns the state that its log is to have."""
    path = project.directory / "bad" / "bad.log"
    if kind == "parent-file":
        path.parent.write_text("")
        return "blocked (ENOTDIR)"
    if kind == "parent-is-a-broken-link":
        path.parent.symlink_to("/nowhere/at/all")
        return "blocked (EEXIST)"
    path.parent.mkdir()
    if kind == "directory":
        path.mkdir()
    elif kind.startswith("fifo"):
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    elif kind == "link":
        path.symlink_to("elsewhere")
        return "blocked (a symbolic link, not a file)"
    elif kind == "link-to-device":
        path.symlink_to("/dev/full")
        return "blocked (a symbolic link, not a file)"
    elif kind == "next-is-a-directory":
        Path(f"{path}.new").mkdir()
        path.write_text("of before\n")
        return "ok"
    return NOT_A_FILE


KINDS = [
    "directory",
    "fifo",
    "fifo-with-reader",
    "socket",
    "link",
    "link-to-device",
    "parent-file",
    "parent-is-a-broken-link",
    "next-is-a-directory",
]


@pytest.mark.parametrize("kind", KINDS)
def test_f31_a_log_that_cannot_be_written_is_told_and_all_else_goes_on(project: Project, kind: str) -> None:
    project.manifest(MANIFEST)
    state = spoil(project, kind)
    path = project.directory / "bad" / "bad.log"
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if kind == "fifo-with-reader" else -1
    project.run("up", "-d", "--wait")
    seen = project.until("bad", lambda one: one["log_state"] == state)
    assert seen["state"] == "running"
    assert project.instance("good")["log_state"] == "ok"
    shown = project.run("logs", code=None)
    assert "good/0 | of good\n" in shown.stdout
    if reader >= 0:
        os.close(reader)
    if state == "ok":
        assert "of before" in shown.stdout
        assert (path.read_text().splitlines()[0], "of bad" in path.read_text()) == ("of before", True)
        project.down()
        return
    if kind != "parent-is-a-broken-link":
        assert (shown.returncode, shown.stderr.count("cannot be read")) == (1, 1)
    place = path.parent if "parent" in kind else path
    shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
    project.until("bad", lambda one: one["log_state"] == "ok")
    assert "of bad" in project.run("logs", "bad").stdout
    project.down()


def test_f31_a_directory_that_cannot_be_made_harms_nobody(project: Project) -> None:
    project.manifest(MANIFEST.replace('"bad"', '"/proc/nowhere"'))
    project.run("up", "-d", "--wait")
    project.until("bad", lambda one: one["log_state"] == "blocked (ENOENT)")
    assert project.run("logs").stdout == "good/0 | of good\n"


@pytest.mark.parametrize("kind", ["directory", "fifo", "link", "parent-file"])
def test_f31_the_foreground_goes_on_beside_a_log_that_cannot_be_read(project: Project, kind: str) -> None:
    project.manifest(MANIFEST)
    spoil(project, kind)
    with project.process("up") as up:
        assert up.stdout is not None
        assert up.stderr is not None
        deadline = time.monotonic() + PATIENCE
        assert read_line(up.stdout.fileno(), deadline) == "good/0 | of good\n"
        assert "bad" in read_line(up.stderr.fileno(), deadline)
        assert project.instance("bad")["state"] == "running"
        assert project.instance("good")["state"] == "running"


def test_f31_a_common_log_that_is_a_directory_harms_nobody(project: Project) -> None:
    project.manifest("""
        [defaults]
        log-dir = "log"
        common-log = "common.log"
        [daemons.good]
        command = ["sh", "-c", "echo of good; exec sleep 1000"]
    """)
    (project.directory / "common.log").mkdir()
    project.run("up", "-d", "--wait")
    assert project.instance("good")["log_state"] == "ok"
    told = project.run("events", "--json").stdout
    assert "common.log is blocked (not a regular file)" in told
    assert project.run("down", code=None).returncode in (0, 1)


FULL = """
    [daemons.talker]
    log-dir = "bad"
    command = ["sh", "-c", "seq -f 'line %05g of the talker' 2000; echo > done.fifo; exec sleep 1000"]
    log = {{ on-full = "{policy}"{more} }}
"""
LOST = re.compile(r"(\d+) lines? \((\d+) bytes\) for \S+/bad/talker.log could not be written and (?:is|are) lost\n")


@pytest.mark.parametrize("policy", ["block", "drop"])
@pytest.mark.parametrize("more", ["", ", timestamps = false", ', format = "json"'])
def test_f20_what_no_disk_takes_is_waited_for_counted_and_told_by_down(
    project: Project, bell: Callable[[str], Bell], policy: str, more: str
) -> None:
    """2,000 lines of 24 bytes fit into pipe and buffer, so the daemon is not held up."""
    rung = bell("done")
    project.manifest(FULL.format(policy=policy, more=more).replace("done.fifo", str(rung.path)))
    (project.directory / "bad" / "talker.log").mkdir(parents=True)
    project.run("up", "-d", "--wait")
    rung.lines(1)
    began = time.monotonic()
    down = project.run("down", code=1)
    assert 4.0 < time.monotonic() - began < 15.0
    told = LOST.search(down.stderr)
    assert told is not None, down.stderr
    assert int(told[1]) == 2000
    assert project.run_directories() == []


def test_f20_a_disk_that_gets_room_during_down_loses_nothing(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("done")
    project.manifest(FULL.format(policy="block", more="").replace("done.fifo", str(rung.path)))
    path = project.directory / "bad" / "talker.log"
    path.mkdir(parents=True)
    project.run("up", "-d", "--wait")
    rung.lines(1)
    with project.process("events", "-f", "--json") as events, project.process("down") as down:
        assert events.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while '"leaving"' not in read_line(events.stdout.fileno(), deadline):
            pass
        path.rmdir()
        assert down.wait(PATIENCE) == 0
    lines = [line.split(" ", 1)[1] for line in path.read_text().splitlines()]
    assert lines == [f"line {n:05} of the talker" for n in range(1, 2001)]


def test_f20_the_foreground_tells_what_is_lost_and_fails(project: Project, bell: Callable[[str], Bell]) -> None:
    rung = bell("done")
    project.manifest(FULL.format(policy="block", more="").replace("done.fifo", str(rung.path)))
    (project.directory / "bad" / "talker.log").mkdir(parents=True)
    with project.process("up") as up:
        rung.lines(1)
        assert up.stderr is not None
        deadline = time.monotonic() + PATIENCE
        while "talker/0 started" not in read_line(up.stderr.fileno(), deadline):
            pass
        up.terminate()
        _, said = up.communicate(timeout=PATIENCE)
    assert up.returncode == 1
    assert "lost: 2000 lines" in said
