"""No process and no thread can be had: F12 for the command line and for what it starts. One line, and nothing stays."""

from __future__ import annotations

import pytest
from tests.process.project import Project

SHORT = """
    import _thread, errno, os

    left = int(os.environ.get("FORKS_LEFT", "1000"))

    def refused(*_args, **_named):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def no_thread(*_args, **_named):
        raise RuntimeError("can't start new thread")

    def fork(real=os.fork):
        global left
        left -= 1
        return refused() if left < 0 else real()

    os.fork = fork
    _thread.start_new_thread = no_thread
    if "NO_SPAWN" in os.environ:
        os.posix_spawn = refused
"""


@pytest.fixture
def short(project: Project) -> Project:
    """A project of one daemon, and a Python that starts no thread and only so many processes."""
    project.file("short/sitecustomize.py", SHORT)
    project.manifest('[daemons.sleep]\ncommand = "sleep 1000"\n')
    return project


def _runs_short(project: Project, **more: str) -> None:
    project.environ |= {"PYTHONPATH": str(project.directory / "short"), **more}


@pytest.mark.parametrize("left", ["0", "1", "2"])
def test_f12_without_a_process_for_keeper_supervisor_or_zygote_up_says_so_in_a_line(short: Project, left: str) -> None:
    _runs_short(short, FORKS_LEFT=left)
    refused = short.run("up", "-d", code=1)
    assert "udaemon: the supervisor could not start: fork: Resource temporarily unavailable (EAGAIN)" in refused.stderr
    assert "Traceback" not in refused.stderr
    short.run("ps", code=3)


@pytest.mark.parametrize("words", [("up",), ("up", "-d"), ("check",)])
def test_f12_without_any_process_that_is_said_in_a_line(short: Project, words: tuple[str, ...]) -> None:
    short.file("task.py", "def create():\n    return lambda: None\n")
    short.manifest('[daemons.task]\nfactory = "task:create"\nsleep = 1\n')
    _runs_short(short, FORKS_LEFT="0", NO_SPAWN="1")
    refused = short.run(*words, code=1)
    assert "the system refused what this needs: Resource temporarily unavailable (EAGAIN)" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_f12_without_a_thread_a_project_is_looked_at_and_stopped_all_the_same(short: Project) -> None:
    short.up()
    _runs_short(short)
    assert not short.instance("sleep")["drift"]
    short.manifest('[daemons.sleep]\ncommand = "sleep 2000"\n')
    assert short.instance("sleep")["drift"]
    short.run("apply")
    short.run("restart", "sleep")
    short.down()


def test_f12_without_a_thread_up_in_the_foreground_says_so_in_a_line(short: Project) -> None:
    _runs_short(short)
    refused = short.run("up", code=1)
    assert "the system refused what this needs: can't start new thread (EAGAIN)" in refused.stderr
    assert "Traceback" not in refused.stderr
    short.run("ps", code=3)
