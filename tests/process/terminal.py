"""A terminal as somebody sees it: tmux draws it, and its text is read back and compared with golden text.

Knows no verb. Times and pids are masked.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.process.project import PATIENCE, Project

_GOLDEN = Path(__file__).parents[1] / "golden"
_ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))


class Terminal:
    """A tmux server of its own with one window of 24 lines, in which a verb runs; `code N` is shown after it."""

    def __init__(self, project: Project, columns: int, verb: str, *variables: str) -> None:
        self._socket = str(project.directory / "tmux")
        self._environ = project.environ | {"LC_ALL": "C.UTF-8"}
        self._environ.pop("COLUMNS", None)
        shell = f"env {' '.join(variables)} {sys.executable} -m udaemon {verb}; echo code $?; exec cat"
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
    """The text without what changes from one time to the next."""
    text = re.sub(r"pid \d+", "pid N", text)
    text = re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "~", text)
    return re.sub(r"\b[\d.]+(ms|s)\b", "T", text)


def golden(name: str, text: str) -> None:
    """Compare with the golden file; UDAEMON_ACCEPT=1 writes it."""
    file = _GOLDEN / f"{name}.txt"
    if _ACCEPT:
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
