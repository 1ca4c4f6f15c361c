"""Colours of a daemon in the log of a project that runs: on a terminal, in a pipe, in the foreground."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from tests.process.project import PATIENCE, UDAEMON, read_line

if TYPE_CHECKING:
    from tests.process.project import Project

MANIFEST = r"""
    [daemons.web]
    command = ["sh", "-c", 'printf "\033[32mgreen \033[2J\n"; exec sleep 1000']
"""
COLORED = "\x1b[36mweb/0 | \x1b[0m\x1b[32mgreen \\x1b[2J\x1b[0m"
PLAIN = "web/0 | green \\x1b[2J"


@pytest.mark.parametrize(("option", "expected"), [("always", COLORED), ("auto", PLAIN)])
def test_the_foreground_shows_a_daemons_colours_where_colours_are(project: Project, option: str, expected: str) -> None:
    project.manifest(MANIFEST)
    with project.process("--color", option, "up") as up:
        assert up.stdout is not None
        assert read_line(up.stdout.fileno(), time.monotonic() + PATIENCE) == expected + "\n"


def test_a_terminal_that_follows_gets_the_colours_and_nothing_else(project: Project) -> None:
    project.manifest(MANIFEST)
    project.run("up", "-d", "--wait")
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in project.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen([*UDAEMON, "logs", "-f"], cwd=project.directory, env=environ, stdout=theirs) as follower:
        os.close(theirs)
        assert read_line(ours, time.monotonic() + PATIENCE) == COLORED + "\r\n"
        follower.terminate()
    os.close(ours)
