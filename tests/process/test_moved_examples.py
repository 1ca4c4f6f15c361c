"""`examples/celery`, `examples/api` and `examples/bots`: what people move here, run with stand-ins."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

from tests.process.project import PATIENCE, Project, read_line

EXAMPLES = Path(__file__).parents[2] / "examples"
STAND_IN = f"""\
#!{sys.executable}
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
said = [name + "=" + os.environ[name] for name in ("PORT", "QUEUE_NUMBER") if name in os.environ]
print("begins", *sys.argv[1:], *said, flush=True)
signal.sigwait([signal.SIGTERM])
print("ends in good order", *sys.argv[2:4], *said, flush=True)
"""


def moved(project: Project, name: str, *programs: str) -> None:
    """Copy an example, and put stand-ins for programs first in PATH; `udaemon` is there, too."""
    shutil.copytree(EXAMPLES / name, project.directory, dirs_exist_ok=True)
    for program in programs:
        file = project.file(f"bin/{program}", STAND_IN)
        file.chmod(0o755)
    project.file("bin/udaemon", f'#!/bin/sh\nexec {sys.executable} -m udaemon "$@"\n').chmod(0o755)
    project.environ["PATH"] = f"{project.directory / 'bin'}{os.pathsep}{project.environ['PATH']}"
    project.run("check")


def pids(project: Project) -> dict[str, int | None]:
    return {f"{one['name']}/{one['instance']}": one["pid"] for one in project.instances()}


def until_said(project: Project, name: str, text: str, count: int) -> None:
    """Wait until a daemon has said something so often: a program may be stopped before it listens to signals."""
    deadline = time.monotonic() + PATIENCE
    with project.process("logs", "-f", "-n", "1000", name) as following:
        assert following.stdout is not None
        while count:
            line = read_line(following.stdout.fileno(), deadline)
            assert line, f"{name} does not say {text!r}"
            count -= text in line


def logs(project: Project) -> dict[str, Path]:
    return {one["name"]: Path(project.directory, one["log"]) for one in project.instances()}


def said(file: Path, text: str) -> int:
    return file.read_text().count(text)


def test_celery_has_three_numbered_workers_and_its_group_is_a_tag(project: Project) -> None:
    moved(project, "celery", "celery")
    shown = json.loads(project.run("config", "--format", "json").stdout)["daemons"]
    assert shown["worker"]["stop"]["timeout"] == "10m"
    project.up()
    before = pids(project)
    assert list(before) == ["worker/0", "worker/1", "worker/2", "beat/0", "flower/0"]
    assert {one["state"] for one in project.instances()} == {"running"}

    for name, count in (("worker", 3), ("beat", 1), ("flower", 1)):
        until_said(project, name, "begins", count)
    project.run("restart", "tag:queue")
    after = pids(project)
    assert after["flower/0"] == before["flower/0"]
    assert all(after[name] not in {None, before[name]} for name in before if name != "flower/0")
    until_said(project, "worker", "begins", 6)
    until_said(project, "beat", "begins", 2)
    project.run("stop", "tag:queue")
    stopped = {one["name"] for one in project.instances() if one["state"] == "stopped"}
    assert stopped == {"worker", "beat"}

    files = logs(project)
    project.down()
    for number in range(3):
        assert said(files["worker"], f"--hostname=worker{number}@%h --loglevel=INFO QUEUE_NUMBER={number}\n") == 2
    assert [said(files[name], "ends in good order") for name in ("worker", "beat", "flower")] == [6, 2, 1]


def test_an_api_has_a_port_for_each_of_two_and_is_restarted_by_the_clock(project: Project) -> None:
    moved(project, "api", "node")
    project.up()
    before = pids(project)
    assert list(before) == ["api/0", "api/1", "nightly/0"]
    assert before["nightly/0"] is None
    ports = [Path(f"/proc/{before[name]}/environ").read_bytes() for name in ("api/0", "api/1")]
    assert [b"\0PORT=1848%d\0" % number in environ for number, environ in enumerate(ports)] == [True, True]
    assert os.readlink(f"/proc/{before['api/0']}/cwd") == str(project.directory / "app")

    until_said(project, "api", "begins", 2)
    project.run("kick", "nightly")
    for index in (0, 1):
        project.until("api", lambda one: one["state"] == "running" and one["pid"] not in before.values(), index)
    until_said(project, "api", "begins", 4)
    file = logs(project)["api"]
    project.down()
    for number in (0, 1):
        assert said(file, f"begins --max-old-space-size=300 server.js PORT=1848{number}\n") == 2
    assert said(file, "ends in good order") == 4


def test_bots_run_numbered_and_one_greets_once(project: Project) -> None:
    moved(project, "bots")
    project.up()
    project.until("greeter", lambda one: one["state"] == "exited")
    states = [(one["name"], one["state"]) for one in project.instances()]
    assert states == [("ticker", "running"), ("ticker", "running"), ("greeter", "exited")]
    until_said(project, "ticker", "is online", 2)
    ticker = pids(project)
    project.run("restart", "tag:loop")
    assert pids(project)["greeter/0"] is None
    assert not set(filter(None, pids(project).values())) & set(ticker.values())
    until_said(project, "ticker", "is online", 4)
    project.down()
    log = project.directory / "log"
    for number in (0, 1):
        assert [said(log / "ticker.log", f"ticker-{number} is {word}\n") for word in ("online", "offline")] == [2, 2]
    assert [said(log / "greeter.log", f"greeter is {word}\n") for word in ("online", "offline")] == [1, 1]
