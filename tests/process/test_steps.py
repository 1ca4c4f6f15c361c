"""Blocking steps of real processes: their order, their end by time or by a stop, and a supervisor that is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, gone

from udaemon.system.process_tree import descendants

Ring = Callable[[str], Bell]

WITH_STEPS = """
    [daemons.web]
    command = "sh own"
    before-start = "sh before"
    after-stop = "sh after"
"""


def step(project: Project, bell: Bell, name: str, then: str) -> str:
    """A script that tells its pid and what it is, and then does something else."""
    project.file(name, f'echo "{name} $$ $UDAEMON_NAME $UDAEMON_INSTANCE" > {bell.path}\n{then}\n')
    return f"sh {name}"


def begin(project: Project) -> None:
    """`up -d` waits for the steps; leave it, as Ctrl-C does, when the supervisor answers."""
    with project.process("up", "-d"):
        while project.run("ps", code=None).returncode == 3:
            pass


def told(project: Project, word: str) -> list[str]:
    lines = project.run("events").stdout.splitlines()
    return [line.split(f" {word}: ", 1)[1] for line in lines if f" {word}: " in line]


def test_steps_come_before_a_start_and_after_an_end_in_order(project: Project, bell: Ring) -> None:
    rung = bell("steps")
    first, last = step(project, rung, "first", "pwd; echo $GREETING"), step(project, rung, "last", "exit 9")
    own = step(project, rung, "own", "exec sleep 1000")
    (project.directory / "inner").mkdir()
    project.manifest("""
        [daemons.web]
        command = "sh ../own"
        cwd = "inner"
        env = { GREETING = "hello" }
        before-start = ["sh ../first", { command = ["sh", "../first"], timeout = "20s" }]
        after-stop = "sh ../last"
    """)
    assert (first, last, own) == ("sh first", "sh last", "sh own")
    project.up()
    lines = [line.split() for line in rung.lines(3)]
    assert [(name, *rest) for name, _, *rest in lines] == [
        ("first", "web", "0"),
        ("first", "web", "0"),
        ("own", "web", "0"),
    ]
    assert project.instance("web")["pid"] == int(lines[2][1])
    project.run("stop", "web")
    assert rung.lines(1)[0].startswith("last ")
    assert told(project, "after-stop")[-1] == "1 of 1 (sh) failed: exit code 9"
    assert project.instance("web")["state"] == "stopped"
    assert project.log("web").count(f"{project.directory}/inner") == 2
    assert project.log("web").count("hello") == 2
    project.down()


def test_a_crash_has_its_steps_and_those_before_the_next_start(project: Project, bell: Ring) -> None:
    rung = bell("steps")
    step(project, rung, "before", "")
    step(project, rung, "after", "")
    step(project, rung, "own", "exec sleep 1000")
    project.manifest(WITH_STEPS)
    project.up()
    pid = int([line.split() for line in rung.lines(2)][1][1])
    os.kill(pid, signal.SIGKILL)
    assert [line.split()[0] for line in rung.lines(3)] == ["after", "before", "own"]
    assert project.until("web", lambda one: one["state"] == "running")["restarts"] == 1
    project.down()
    assert rung.lines(1)[0].startswith("after ")


def test_a_step_that_takes_too_long_is_killed_with_all_that_it_started(project: Project, bell: Ring) -> None:
    rung = bell("steps")
    step(project, rung, "slow", f"(setsid sh -c 'echo $$ > {rung.path}; exec sleep 1000') & wait")
    project.manifest("""
        [daemons.web]
        command = "sleep 1000"
        restart = "never"
        before-start = { command = "sh slow", timeout = "700ms" }
    """)
    project.run("up", "-d", "--wait", code=1)
    seen = project.until("web", lambda one: one["state"] == "failed")
    assert seen["exit"]["reason"] == "before-start"
    assert "took longer than 0.7 s" in seen["runs"]["last"]["error"]
    assert seen["pid"] is None
    leader, other = (int(line.split()[-3 if "slow" in line else 0]) for line in rung.lines(2))
    assert gone([leader, other])
    project.down()


@pytest.mark.parametrize("verb", ["stop", "down"])
def test_a_stop_ends_a_step_before_the_start(project: Project, bell: Ring, verb: str) -> None:
    rung = bell("steps")
    step(project, rung, "slow", "sleep 1000 & wait")
    project.manifest("""
        [daemons.web]
        command = "sleep 1000"
        before-start = "sh slow"
        stop = { timeout = "20s" }
    """)
    begin(project)
    pid = int(rung.lines(1)[0].split()[1])
    below = descendants(pid)
    seen = project.instance("web")
    assert (seen["state"], seen["pid"]) == ("starting", None)
    project.run(verb, *(["web"] if verb == "stop" else []))
    assert gone([pid, *below])
    if verb == "stop":
        assert project.instance("web")["state"] == "stopped"
        project.down()


def kill_supervisor(project: Project) -> int:
    pid: int = project.ps()["supervisor"]["pid"]
    os.kill(pid, signal.SIGKILL)
    return pid


def another_than(project: Project, pid: int) -> None:
    """Wait until another supervisor answers."""
    while True:
        done = project.run("ps", "--json", code=None)
        if done.returncode == 0 and f'"pid": {pid},' not in done.stdout.split('"instances"')[0]:
            return


def test_f1_a_supervisor_that_is_killed_during_a_step_costs_no_step_and_makes_no_second_one(
    project: Project, bell: Ring
) -> None:
    rung = bell("steps")
    for name in ("before", "after"):
        os.mkfifo(project.directory / f"{name}.go")
        step(project, rung, name, f"read word < {name}.go; echo {name} ended > {rung.path}")
    step(project, rung, "own", "exec sleep 1000")
    project.manifest(WITH_STEPS)
    begin(project)
    pid = int(rung.lines(1)[0].split()[1])
    another_than(project, kill_supervisor(project))
    assert project.instance("web")["state"] == "starting"
    assert Path(f"/proc/{pid}").exists()
    (project.directory / "before.go").write_text("go\n")
    assert [line.split()[0] for line in rung.lines(2)] == ["before", "own"]
    project.until("web", lambda one: one["state"] == "running")
    with project.process("stop", "web"):
        assert rung.lines(1)[0].startswith("after ")
        another_than(project, kill_supervisor(project))
        assert project.instance("web")["state"] == "stopping"
        (project.directory / "after.go").write_text("go\n")
        assert rung.lines(1)[0] == "after ended"
        seen = project.until("web", lambda one: one["state"] == "stopped")
    assert (seen["restarts"], seen["exit"]["reason"]) == (0, "stopped")
    project.down()


def test_a_step_that_ended_while_there_was_no_supervisor_is_known_by_its_exit_code(
    project: Project, bell: Ring
) -> None:
    """faults.md F1: the keeper has it, so that a good step is not done again."""
    rung = bell("steps")
    step(project, rung, "before", 'read word < go; echo "ended" > ended; exit 0')
    step(project, rung, "own", "exec sleep 1000")
    os.mkfifo(project.directory / "go")
    project.manifest('[daemons.web]\ncommand = "sh own"\nbefore-start = "sh before"\n')
    begin(project)
    step_pid = int(rung.lines(1)[0].split()[1])
    supervisor: int = project.ps()["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGSTOP)
    (project.directory / "go").write_text("go\n")
    pidfd = os.pidfd_open(step_pid)
    os.kill(supervisor, signal.SIGKILL)
    assert rung.lines(1)[0].startswith("own ")
    os.close(pidfd)
    assert project.until("web", lambda one: one["state"] == "running")["restarts"] == 0
    project.down()
