"""Logs that cannot be written or read, in a project that runs: F31, F6."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.process.project import PATIENCE, read_line

if TYPE_CHECKING:
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
