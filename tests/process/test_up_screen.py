"""The foreground of `up` on a terminal, as tmux shows it: golden text at 80 and 50 columns, times and pids masked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from tests.process.project import Project
from tests.process.terminal import Terminal, golden, masked

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

MANIFEST = """
    [daemons.web]
    command = ["sleep", "1000"]
    [daemons.mailer]
    factory = "jobs:create"
    sleep = "1h"
    instances = 2
    [daemons.slow]
    factory = "jobs:wait_for_go"
    sleep = "1h"
    [daemons.flaky]
    command = ["sh", "-c", "exit 3"]
    start-limit = { count = 1, window = "1m" }
    backoff = { initial = "1ms" }
    [daemons.broken]
    command = ["./nope"]
    [daemons.deaf]
    command = ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1000; done"]
    stop = { timeout = "1h" }
"""
JOBS = """
    import os

    class Task:
        def do_task(self):
            print("sent", flush=True)

    def create():
        return Task()

    def wait_for_go():
        open("go").read()
        return Task()
"""


def board(text: str) -> str:
    """The board alone, masked."""
    return masked("".join(line for line in text.splitlines(keepends=True) if line.startswith((" ", "shop:"))))


@pytest.fixture
def slow(project: Project) -> Iterator[Project]:
    """A project of which one daemon takes until somebody writes to `go`."""
    project.manifest(MANIFEST)
    project.file("jobs.py", JOBS)
    os.mkfifo(project.directory / "go")
    yield project
    (project.directory / "go").unlink()


@pytest.mark.parametrize("columns", [50, 80])
def test_a_start_and_a_stop(slow: Project, columns: int) -> None:
    screen = Terminal(slow, columns, "up")
    try:
        screen.until(r"✘ flaky/0 +gave up")
        screen.until(r"✘ broken/0")
        # Before all is up. A line of a log goes above the board, which is drawn again after it: to its last row.
        text = screen.until(r"(?s)^mailer/1 +\| sent.*^ . deaf/0 +pid \d+")
        golden(f"up/starting-{columns}", board(text))
        with open(slow.directory / "go", "w") as go:
            go.write("go")
        text = screen.until(r"(?s)Ctrl-C stops all.*^ . deaf/0 +pid \d+")
        golden(f"up/up-{columns}", board(text))
        screen.until(r"^slow/0 +\| sent")
        screen.press("C-c")
        text = screen.until(r"(?s)^shop: 4 of 5 stopped.*^ . deaf/0 +stopping")
        golden(f"up/stopping-{columns}", board(text[text.rindex("shop:") :]))
        screen.press("C-c")
        text = screen.until(r"^code 130")
        lines = [line for line in board(text).splitlines() if "after T" in line or "killed" in line]
        golden(f"up/stopped-{columns}", "".join(f"{line}\n" for line in sorted(lines)))
    finally:
        screen.close()


def test_a_terminal_made_narrower_while_it_is_drawn(slow: Project) -> None:
    screen = Terminal(slow, 80, "up")
    try:
        screen.until(r"✘ broken/0")
        screen.resize(50)
        screen.until(r"No such file or direct…")
        with open(slow.directory / "go", "w") as go:
            go.write("go")
        text = screen.until(r"(?s)Ctrl-C stops all.*^ . deaf/0 +pid \d+")
        # For a quarter of a second tmux has the new width and tells the old one: what was drawn in it may stay above.
        golden("up/up-50", board(text[text.rindex("shop:") :]))
        screen.press("C-c")
        screen.until(r"deaf/0 +stopping")
        screen.press("C-c")
        screen.until(r"^code 130")
    finally:
        screen.close()


@pytest.mark.parametrize(("variable", "drawn"), [("TERM=dumb", False), ("NO_COLOR=1", True)])
def test_no_cursor_and_no_colour(project: Project, variable: str, drawn: bool) -> None:
    project.manifest('[daemons.web]\ncommand = ["sleep", "1000"]\n')
    screen = Terminal(project, 80, "up", variable)
    try:
        screen.until("Ctrl-C stops all" if drawn else r"^web/0 started: pid \d+$")
        assert "\033[3" not in screen.text("-e")
        screen.press("C-c")
        screen.until(r"^code 130")
    finally:
        screen.close()
