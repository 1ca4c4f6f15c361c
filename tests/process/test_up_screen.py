"""The foreground of `up` on a terminal, as tmux shows it: golden text at 80 and 50 columns, times and pids masked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

GOLDEN = Path(__file__).parents[1] / "golden" / "up"
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))
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


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, project: Project, columns: int, *variables: str) -> None:
        self._socket = str(project.directory / "tmux")
        self._environ = project.environ | {"LC_ALL": "C.UTF-8"}
        shell = f"env {' '.join(variables)} {sys.executable} -m udaemon up; echo code $?; exec cat"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "24", shell, cwd=project.directory)

    def _tmux(self, *argv: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *argv], env=self._environ, cwd=cwd, capture_output=True, text=True, check=True
        )
        return done.stdout

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def resize(self, columns: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", "24")

    def text(self, *options: str) -> str:
        return self._tmux("capture-pane", "-p", "-S", "-200", *options).rstrip("\n") + "\n"

    def until(self, pattern: str) -> str:
        """Wait until something is to be seen: tmux tells no change, so that it is asked again and again."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, text := self.text(), re.MULTILINE):
            assert time.monotonic() < deadline, f"{pattern!r} did not come:\n{text}"
        return text

    def close(self) -> None:
        self._tmux("kill-server")


def masked(text: str) -> str:
    text = re.sub(r"pid \d+", "pid N", text)
    text = re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "~", text)
    return re.sub(r"\b[\d.]+(ms|s)\b", "T", text)


def golden(name: str, text: str) -> None:
    """Compare with the golden file; UDAEMON_ACCEPT=1 writes it."""
    file = GOLDEN / f"{name}.txt"
    if ACCEPT:
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


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
    screen = Terminal(slow, columns)
    try:
        screen.until(r"✘ flaky/0 +gave up")
        screen.until(r"✘ broken/0")
        text = screen.until(r"^mailer/1 +\| sent")  # before all is up
        golden(f"starting-{columns}", board(text))
        with open(slow.directory / "go", "w") as go:
            go.write("go")
        text = screen.until(r"Ctrl-C stops all")
        golden(f"up-{columns}", board(text))
        screen.until(r"^slow/0 +\| sent")
        screen.press("C-c")
        screen.until(r"^shop: 4 of 5 stopped")
        text = screen.until(r"deaf/0 +stopping")
        golden(f"stopping-{columns}", board(text[text.rindex("shop:") :]))
        screen.press("C-c")
        text = screen.until(r"^code 130")
        lines = [line for line in board(text).splitlines() if "after T" in line or "killed" in line]
        golden(f"stopped-{columns}", "".join(f"{line}\n" for line in sorted(lines)))
    finally:
        screen.close()


def test_a_terminal_made_narrower_while_it_is_drawn(slow: Project) -> None:
    screen = Terminal(slow, 80)
    try:
        screen.until(r"✘ broken/0")
        screen.resize(50)
        screen.until(r"No such file or direct…")
        with open(slow.directory / "go", "w") as go:
            go.write("go")
        text = screen.until(r"Ctrl-C stops all")
        # For a quarter of a second tmux has the new width and tells the old one: what was drawn in it may stay above.
        golden("up-50", board(text[text.rindex("shop:") :]))
        screen.press("C-c")
        screen.until(r"deaf/0 +stopping")
        screen.press("C-c")
        screen.until(r"^code 130")
    finally:
        screen.close()


@pytest.mark.parametrize(("variable", "drawn"), [("TERM=dumb", False), ("NO_COLOR=1", True)])
def test_no_cursor_and_no_colour(project: Project, variable: str, drawn: bool) -> None:
    project.manifest('[daemons.web]\ncommand = ["sleep", "1000"]\n')
    screen = Terminal(project, 80, variable)
    try:
        screen.until("Ctrl-C stops all" if drawn else r"^web/0 started: pid \d+$")
        assert "\033[3" not in screen.text("-e")
        screen.press("C-c")
        screen.until(r"^code 130")
    finally:
        screen.close()
