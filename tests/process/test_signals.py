"""Every signal that can be caught, sent to each process of ours: it has a meaning there, or it does nothing."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from tests.process.project import PATIENCE, Project, gone, read_line

FAULTS = {signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV, signal.SIGSYS}
"""What tells a process that it is broken; nothing else sends them."""
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
HARMLESS = sorted(signal.valid_signals() - FAULTS - STOPS - {signal.SIGKILL, signal.SIGSTOP})

MANIFEST = """
    [daemons.beat]
    factory = "beat:create"
    sleep = "10ms"

    [daemons.command]
    command = "sleep 1000"
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest(MANIFEST)
    return project


def helper(supervisor: int, name: str) -> int:
    """A child of the supervisor: `zygote` by its title, the logger by what it was started with."""
    deadline = time.monotonic() + PATIENCE
    while True:  # what a zygote has forked is called as it is for a moment
        children = psutil.Process(supervisor).children()
        found = [child.pid for child in children if name in " ".join(_arguments(child))]
        if len(found) == 1:
            return found[0]
        assert time.monotonic() < deadline, f"{name} is {found}"


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def pids(shop: Project) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in shop.instances()}


def test_no_signal_harms_the_supervisor(shop: Project) -> None:
    shop.up()
    before, supervisor = pids(shop), shop.ps()["supervisor"]["pid"]
    for number in HARMLESS:
        os.kill(supervisor, number)
    assert pids(shop) == before
    assert shop.ps()["supervisor"]["pid"] == supervisor


@pytest.mark.parametrize("name", ["zygote", "udaemon.logs.logger"])
def test_no_signal_harms_its_helpers(shop: Project, name: str) -> None:
    shop.up()
    supervisor = shop.ps()["supervisor"]["pid"]
    pid = helper(supervisor, name)
    for number in [*HARMLESS, *STOPS]:
        os.kill(pid, number)
    shop.run("restart", "beat")

    assert helper(supervisor, name) == pid
    assert "zygote" not in shop.run("events").stdout


@pytest.mark.parametrize("number", sorted(STOPS))
def test_term_int_and_quit_stop_everything(shop: Project, number: int) -> None:
    shop.file("polite.sh", "trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done")
    shop.manifest('[daemons.polite]\ncommand = "sh polite.sh"\n')
    shop.up()
    told = shop.ps()

    os.kill(told["supervisor"]["pid"], number)
    assert gone([told["supervisor"]["pid"]])
    assert "asked" in (shop.directory / told["instances"][0]["log"]).read_text()
    assert shop.run_directories() == []


def test_no_signal_harms_a_foreground_up_but_those_that_stop_it(shop: Project) -> None:
    with shop.process("up") as up:
        assert up.stderr is not None
        begun: set[str] = set()
        while len(begun) < 2:
            begun |= {
                line.split()[0]
                for line in [read_line(up.stderr.fileno(), time.monotonic() + PATIENCE)]
                if "started" in line
            }
        before = pids(shop)
        for number in HARMLESS:
            if number not in {signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}:
                up.send_signal(number)
        assert pids(shop) == before
        up.send_signal(signal.SIGQUIT)
        _, told = up.communicate(timeout=PATIENCE)
    assert up.returncode == 0
    assert "stopping everything" in told
    assert shop.run_directories() == []
