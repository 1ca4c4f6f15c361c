"""Signals to all of our processes at once, as systemd's KillMode=control-group and a closing terminal send them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest
from tests.process.conftest import MARKER, Bell, descendants
from tests.process.project import PATIENCE, UDAEMON, Project, gone
from tests.process.test_supervisor import helpers

TASK = """
    import threading, udaemon

    def create(context: udaemon.TaskContext):
        def task():
            with open({begun!r}, "w") as bell:
                print(context.instance, file=bell)
            while not context.stopping:
                threading.Event().wait(0.01)
            with open({begun!r}, "w") as bell:
                print("stopping", file=bell)
            open({hold!r}, "rb", buffering=0).read(1)
            print("run finished", context.instance, flush=True)
        return task
"""
COMMAND = """
    import signal, sys

    def end(*_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for number in range(20000):
            print("last words", number)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    with open({begun!r}, "w") as bell:
        print("command", file=bell)
    while True:
        signal.pause()
"""


@pytest.fixture
def begun(bell: Callable[[str], Bell]) -> Bell:
    return bell("begun")


@pytest.fixture
def busy(project: Project, begun: Bell) -> Iterator[Project]:
    """Two instances in the middle of a run, each of which a letter in `hold.fifo` lets end, and a command."""
    os.mkfifo(project.directory / "hold.fifo")
    hold = os.open(project.directory / "hold.fifo", os.O_RDWR)  # so that a letter waits for whoever opens it later
    project.file("task.py", TASK.format(begun=str(begun.path), hold=str(project.directory / "hold.fifo")))
    project.file("command.py", COMMAND.format(begun=str(begun.path)))
    project.manifest("""
        [daemons.task]
        factory = "task:create"
        instances = 2

        [daemons.command]
        command = "python3 command.py"
    """)
    yield project
    os.close(hold)


def all_of(project: Project) -> list[psutil.Process]:
    """Every process of the project: supervisor, zygote, logger, daemons, commands, and the foreground `up`."""
    mark = os.environ[MARKER]
    return [one for one in descendants([mark], {os.getpid()}) if one.pid != os.getpid()]


def stop_as_a_unit(project: Project) -> None:
    """systemd.kill(5): TERM to all processes of the control group, one after the other, then CONT."""
    processes = all_of(project)
    for number in (signal.SIGTERM, signal.SIGCONT):
        for process in processes:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue


def everything_was_finished(project: Project) -> None:
    logs = project.state / "udaemon" / project.directory.name / "log"
    task = (logs / "task.log").read_text()
    command = (logs / "command.log").read_text()
    assert sorted(line[-14:] for line in task.splitlines()) == ["run finished 0", "run finished 1"]
    assert command.count("last words") == 20000
    common = (logs / "_common.log").read_text()
    assert "killing:" not in common
    assert "all daemons have stopped" in common
    assert project.run_directories() == []


def test_a_unit_that_is_stopped_finishes_its_runs_and_its_logs(busy: Project, begun: Bell) -> None:
    busy.run("up", "-d")
    begun.lines(3)
    pids = [process.pid for process in all_of(busy)]
    assert len(pids) == 7  # keeper, supervisor, logger, zygote, and three daemons
    stop_as_a_unit(busy)
    begun.lines(2)
    zygote = helpers(busy.ps()["supervisor"]["pid"], "zygote")
    assert zygote
    assert set(zygote) <= set(pids), "the zygote died of a signal that was not for it"
    (busy.directory / "hold.fifo").write_text("go")
    assert gone(pids)
    everything_was_finished(busy)


def test_a_foreground_up_that_is_a_unit_finishes_its_runs_and_its_logs(busy: Project, begun: Bell) -> None:
    with subprocess.Popen(
        [*UDAEMON, "up"],
        cwd=busy.directory,
        env=busy.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as up:
        begun.lines(3)
        pids = [process.pid for process in all_of(busy)]
        assert len(pids) == 7
        stop_as_a_unit(busy)
        begun.lines(2)
        (busy.directory / "hold.fifo").write_text("go")
        said, _ = up.communicate(timeout=PATIENCE)
    assert up.returncode == 0, said
    assert gone(pids)
    everything_was_finished(busy)


@pytest.mark.parametrize("first", ["TERM", "INT", "QUIT"])
def test_a_signal_and_then_a_stop_finish_the_run(busy: Project, begun: Bell, first: str) -> None:
    busy.run("up", "-d")
    begun.lines(3)
    busy.run("signal", first, "task/0")
    begun.lines(1)
    with busy.process("stop", "task/0") as stop:
        busy.until("task", lambda one: one["wanted"] == "down")
        (busy.directory / "hold.fifo").write_text("1")
        assert stop.wait(PATIENCE) == 0
    assert "run finished 0" in busy.log("task")
    end = busy.instance("task")["exit"]
    assert (end["code"], end["reason"]) == (0, "stopped")
    with busy.process("down") as down:
        begun.lines(1)
        (busy.directory / "hold.fifo").write_text("1")
        assert down.wait(PATIENCE) == 0


def test_f9_a_second_signal_to_the_supervisor_hurries(busy: Project, begun: Bell) -> None:
    busy.run("up", "-d")
    begun.lines(3)
    pids = [process.pid for process in all_of(busy)]
    supervisor = busy.ps()["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGTERM)
    begun.lines(2)
    os.kill(supervisor, signal.SIGINT)
    assert gone(pids)
    assert "run finished" not in (busy.state / "udaemon" / "shop" / "log" / "task.log").read_text()


def test_f9_a_signal_that_comes_twice_at_once_is_one(busy: Project, begun: Bell) -> None:
    """timeout(1) and script(1) send one to their child and one to its group."""
    busy.run("up", "-d")
    begun.lines(3)
    supervisor = busy.ps()["supervisor"]["pid"]
    for _ in range(2):
        os.kill(supervisor, signal.SIGTERM)
        begun.lines(1)  # a command has its TERM, so the supervisor has had the first
    (busy.directory / "hold.fifo").write_text("go")
    assert gone([supervisor])
    assert "run finished" in (busy.state / "udaemon" / "shop" / "log" / "task.log").read_text()
