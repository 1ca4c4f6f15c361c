"""A supervisor that is stopped (SIGSTOP): every verb says so, within one bound, and ends with 1."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.process.project import PATIENCE, Project, gone, read_line

from udaemon.control.sockets import ANSWERS_WITHIN

VERBS = (
    "ps",
    "ps --json",
    "ls",
    "inspect db",
    "events",
    "events -f",
    "stop db",
    "stop -t 1 db",
    "start db",
    "restart db",
    "signal HUP db",
    "wait db",
    "wait db@stopped --timeout 25d",
    "down",
    "down -t 0",
    "down --dry-run",
    "up -d",
)
SAYS_ALL_THE_SAME = {"ls": 0}
"""It lists what answers, and says what it leaves out."""


@pytest.fixture
def shop(project: Project) -> Iterator[Project]:
    project.manifest('[daemons.db]\ncommand = "sleep 1000"\n')
    yield project
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    stopped.clear()


stopped: list[int] = []


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    stopped.append(pid)


@pytest.mark.timing
def test_every_verb_says_that_it_does_not_answer(shop: Project) -> None:
    shop.up()
    pid = shop.ps()["supervisor"]["pid"]
    stop(pid)
    began = time.monotonic()
    with ExitStack() as stack:
        asked = {verb: stack.enter_context(shop.process(*verb.split())) for verb in VERBS}
        said = {verb: process.communicate(timeout=PATIENCE) for verb, process in asked.items()}

    assert ANSWERS_WITHIN <= time.monotonic() - began < ANSWERS_WITHIN + 15.0
    assert {verb: process.returncode for verb, process in asked.items()} == {
        verb: SAYS_ALL_THE_SAME.get(verb, 1) for verb in VERBS
    }
    sentence = f"the supervisor, pid {pid}, does not answer"
    assert [verb for verb, (_, told) in said.items() if sentence not in told] == []


@pytest.mark.timing
def test_ctrl_c_of_a_foreground_up_says_so_and_all_ends_once_it_goes_on(shop: Project) -> None:
    with shop.process("up") as up:
        assert up.stderr is not None
        while "db/0 started" not in read_line(up.stderr.fileno(), time.monotonic() + PATIENCE):
            pass
        told = shop.ps()
        stop(told["supervisor"]["pid"])
        up.send_signal(signal.SIGINT)
        assert up.wait(PATIENCE) == 1
        os.kill(told["supervisor"]["pid"], signal.SIGCONT)  # it has its stderr until it ends
        stopped.clear()
        _, said = up.communicate(timeout=PATIENCE)
    assert "does not answer\n  hint: it stops everything as soon as it goes on: kill -CONT" in said
    assert gone([told["supervisor"]["pid"], told["instances"][0]["pid"]])


def test_logs_are_shown_without_it(shop: Project) -> None:
    shop.manifest('[daemons.db]\ncommand = "echo hello; exec sleep 1000"\nshell = true\n')
    shop.up()
    shop.run("logs", "db")
    stop(shop.ps()["supervisor"]["pid"])
    shown = shop.run("logs", "db")
    assert shown.stdout == "db/0 | hello\n"
    assert "does not answer; these logs are those that the manifest names" in shown.stderr
