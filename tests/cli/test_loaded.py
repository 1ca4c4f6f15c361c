"""Which libraries a verb loads, as `python -X importtime` tells it: those it needs, and none that only cost time."""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from tests.fakes.service import Service

from udaemon.cli.fast import up

UDAEMON = [sys.executable, "-X", "importtime", "-m", "udaemon"]


def loaded(*arguments: str, on_terminal: bool = False, **variables: str) -> set[str]:
    """The modules that a call has loaded."""
    if on_terminal:
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    else:
        master, slave = os.pipe()
    environ = os.environ | {"TERM": "xterm"} | variables
    done = subprocess.run(
        [*UDAEMON, *arguments], stdout=slave, stderr=subprocess.PIPE, env=environ, text=True, timeout=60, check=True
    )
    os.close(slave)
    os.close(master)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_the_libraries_that_the_project_stands_on_are_declared() -> None:
    """What `pip show udaemon` tells under Requires."""
    declared = {re.split(r"[^A-Za-z0-9_-]", line)[0] for line in importlib.metadata.requires("udaemon") or ()}
    assert {"attrs", "cattrs", "rich", "tomli-w"} <= declared


@pytest.mark.usefixtures("shop")
def test_check_structures_the_manifest_with_cattrs() -> None:
    assert {"cattrs", "attrs"} <= loaded("check", "--no-import")


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("verb", ["ps", "status", "ls", "events"])
def test_rich_draws_what_a_terminal_shows_and_nothing_else(verb: str) -> None:
    assert "rich" in loaded(verb, on_terminal=True)
    assert "rich" not in loaded(verb)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ps", "--json"),
        ("ps", "-q"),
        ("ps", "--format", "json"),
        ("ps", "--json", "db"),
        ("ps", "mail*", "-q"),
        ("-f", "udaemon.toml", "ps", "db", "--json"),
    ],
)
def test_what_scripts_ask_goes_without_rich_and_click(service: Service, arguments: tuple[str, ...]) -> None:
    names = loaded(*arguments, on_terminal=True)
    assert "udaemon.cli.fast" in names
    assert not {"rich", "click", "cattrs", "attrs", "typing"} & names


@pytest.mark.parametrize("arguments", [("down",), ("-f", "udaemon.toml", "down")])
def test_down_goes_without_click(shop: Path, arguments: tuple[str, ...]) -> None:
    names = loaded(*arguments)
    assert "udaemon.cli.bring_down" in names
    assert not {"rich", "click", "cattrs", "attrs"} & names


@pytest.mark.parametrize("arguments", [("up", "-d"), ("-f", "udaemon.toml", "up", "--detach")])
def test_up_goes_without_click(shop: Path, arguments: tuple[str, ...]) -> None:
    try:
        names = loaded(*arguments)
    finally:
        loaded("down")
    assert "udaemon.cli.up" in names
    assert not {"rich", "click"} & names


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "mailer"], ["up", "--wait"], ["up", "-dv"], ["up", "-d", "--no-such"], ["up", "--detach=yes"],
        ["up", "-dx"], ["up", "--help"], ["-f"],
        ["-q", "up"], ["-p", "other", "up", "-d"], ["stop", "up"], ["ps", "up"],
    ],
)  # fmt: skip
def test_what_is_not_as_simple_goes_by_click(arguments: list[str]) -> None:
    assert up(arguments) is None


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "words",
    ["udaemon ", "udaemon up --w", "udaemon stop ma", "udaemon wait db@r", "udaemon signal H", "udaemon explain min"],
)
def test_a_tab_loads_neither_rich_nor_click(shell: str, words: str) -> None:
    begun = words.rpartition(" ")[2]
    at = begun if shell == "fish" else str(len(words.split(" ")) - 1)
    names = loaded(_UDAEMON_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=at)
    assert "udaemon.cli.completion" in names
    assert not {"rich", "click", "cattrs", "attrs"} & names


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed_without_rich_and_click(shop: Path, shell: str) -> None:
    assert not {"rich", "click", "attrs"} & loaded("completion", shell)


def test_up_loads_nothing_of_what_only_a_supervisor_decides() -> None:
    """It starts while the supervisor loads that; the classes of events alone take 8 ms to make."""
    program = "import sys, udaemon.cli.up, udaemon.check.module_files; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert not {"udaemon.policy.events", "udaemon.policy.calendar", "udaemon.engines.base"} & set(done.stdout.split())
