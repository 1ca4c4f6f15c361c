"""F2, F28: supervisor, keeper and logger are killed, all of them, and the next `up -d` loses no line."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.project import Project
from tests.process.test_keeper import children_named, kill, parent, pids, supervisor

HALF = "printf 'one\\nhalf '; echo up > ready; read word < go; echo whole; exec sleep 1000"
MANIFEST = """
    [daemons.half]
    command = "sh half.sh"
    restart = "never"
"""


@pytest.fixture
def half(project: Project) -> Project:
    """A daemon that has written half a line, which the logger keeps back."""
    project.file("half.sh", HALF)
    for name in ("go", "ready"):
        os.mkfifo(project.directory / name)
    project.manifest(MANIFEST)
    project.run("up", "-d")
    (project.directory / "ready").read_text()
    project.run("wait", "half@ready")
    _until_read(project)
    return project


def _log(project: Project) -> str:
    return next(project.state.glob("udaemon/*/log/half.log")).read_text()


def _until_read(project: Project) -> None:
    """The logger has taken it out of the pipe: what came with it stands in the file."""
    project.run("ps")
    while not (logs := [*project.state.glob("udaemon/*/log/half.log")]) or "one" not in logs[0].read_text():
        os.sched_yield()


def _processes(project: Project) -> tuple[int, int, int]:
    first = supervisor(project)
    (logger,) = children_named(first, "logger_main")
    return parent(first), first, logger


def _kill_logger_last(project: Project) -> None:
    for pid in _processes(project):
        kill(pid)


def _kill_logger_never(project: Project) -> None:
    for pid in _processes(project)[:2]:
        kill(pid)


def _kill_logger_first(project: Project) -> None:
    """Stopped, so that no other one is started before the supervisor has gone, too."""
    keeper, first, logger = _processes(project)
    os.kill(first, 19)
    for pid in (logger, keeper, first):
        kill(pid)


Kill = Callable[[Project], None]
KILLS = [_kill_logger_last, _kill_logger_never, _kill_logger_first]


@pytest.mark.parametrize("kill_all", KILLS)
def test_f28_half_a_line_is_made_whole_by_the_next(half: Project, kill_all: Kill) -> None:
    """I5: it was in no file and in no pipe any more."""
    before = pids(half)
    kill_all(half)
    half.run("up", "-d")
    assert pids(half) == before
    (half.directory / "go").write_text("now\n")
    half.run("stop", "half")
    assert re.findall(r"^\S+ (.*(?:one|half|whole).*)$", _log(half), re.MULTILINE) == ["one", "half whole"]
    half.down()


@pytest.mark.parametrize("kill_all", KILLS)
def test_f28_half_a_line_of_who_has_died_is_written(half: Project, kill_all: Kill) -> None:
    """Nobody has its pipe any more."""
    pid = pids(half)["half"]
    kill_all(half)
    kill(pid)
    half.run("up", "-d")
    half.run("wait", "half@ready")
    (half.directory / "ready").read_text()
    half.run("stop", "half")
    text = _log(half)
    assert re.findall(r"^\S+ (.*(?:one|half).*)$", text, re.MULTILINE)[:3] == ["one", "half ", "one"]  # a new one
    half.run("down")


def test_f57_a_journal_of_a_newer_version_is_refused(half: Project) -> None:
    """By one line, and what lives goes on."""
    before = pids(half)
    _kill_logger_last(half)
    journal = next(half.runtime.glob("udaemon/*/journal"))
    with journal.open("r+b") as file:
        file.seek(8)
        file.write(b"\x63")
    done = half.run("up", "-d", code=1)
    assert "the journal of the logs was written by a newer udaemon (version 99, this one reads 1)" in done.stderr
    assert Path(f"/proc/{before['half']}").exists()
    with journal.open("r+b") as file:
        file.seek(8)
        file.write(b"\x01")
    half.run("up", "-d")
    assert pids(half) == before
    half.run("down", "-t", "0")


@pytest.mark.parametrize("spoiled", ["random", "empty", "header", "short", "older"])
def test_f57_a_journal_that_is_none_is_left_out_with_a_line(half: Project, spoiled: str) -> None:
    """What was in it is lost; who lives goes on, and is adopted."""
    before = pids(half)
    _kill_logger_last(half)
    journal = next(half.runtime.glob("udaemon/*/journal"))
    whole = journal.read_bytes()[:8192]
    parts = {"random": random.Random(7).randbytes(5000), "empty": b"", "header": whole[:60], "short": whole[:5000]}
    if spoiled in parts:
        journal.write_bytes(parts[spoiled])
    else:  # of another start of the machine
        with journal.open("r+b") as file:
            file.seek(16)
            file.write(b"7" * 36)
    half.run("up", "-d")
    assert pids(half) == before
    told = half.run("events").stdout
    assert ("the journal of the logs is none, and is left out: output may be lost" in told) == (spoiled != "older")
    half.run("down", "-t", "0")


def test_nothing_of_it_is_left_after_down(half: Project) -> None:
    half.run("down", "-t", "0")
    assert half.run_directories() == []
