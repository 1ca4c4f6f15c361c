"""Whether the programs that a manifest names are there, and whether its PHP has the factories.

Knows nothing of how PHP answers; `udaemon.php.look` does, and it alone runs the user's code. Nor of what makes a file
a program: `udaemon.engines.executable` does.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from udaemon.child.environment import surroundings
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.wording import shown
from udaemon.php import FOLLOW, MISSING

if TYPE_CHECKING:
    from udaemon.engines.executable import Fault

PATIENCE = 20.0
"""Seconds that PHP may take to load one bootstrap and look for one factory."""

_PHP = re.compile(r"php[0-9.]*")


def check_php(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the PHP of each daemon that may run; one question is asked once."""
    told: dict[tuple[object, ...], str | None] = {}
    for daemon in manifest.daemons.values():
        if not daemon.enabled:
            continue
        path: Path = ("daemons", daemon.name)
        if daemon.kind == "php":
            yield from _task(daemon, path, told)
        elif _PHP.fullmatch(os.path.basename(program := _program(daemon))) and not _is_there(program, daemon):
            yield Finding("no-php", f"{program} is not installed", MISSING, (*path, "command"))


def _task(daemon: Daemon, path: Path, told: dict[tuple[object, ...], str | None]) -> Iterator[Finding]:
    php = daemon.php
    bootstrap = os.path.isfile(php.bootstrap)
    if not bootstrap:
        hint = "name the file that makes your classes known"
        yield Finding("import-failed", f"there is no file {php.bootstrap}", hint, (*path, "php", "bootstrap"))
    if not _is_there(php.interpreter[0], daemon):
        place = (*path, "php", "interpreter")
        yield Finding("no-php", f"{php.interpreter[0]} is not installed", MISSING, place)
    elif bootstrap and php.factory:
        from udaemon.php import look  # seldom needed

        env = surroundings(daemon.env, daemon.cwd)
        asked = (php, daemon.cwd, *sorted(daemon.env.items()))
        if asked not in told:
            told[asked] = look.fault(
                php.interpreter, php.bootstrap, php.factory, env=env, cwd=daemon.cwd, patience=PATIENCE
            )
        if (message := told[asked]) is not None:
            yield Finding("import-failed", message, None, (*path, "php", "factory"))


def check_programs(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the program of each command that may run and that no shell reads."""
    told: dict[tuple[str | None, ...], Fault | None] = {}
    commands = [daemon for daemon in manifest.daemons.values() if daemon.enabled and daemon.command]
    if not commands:
        return
    from udaemon.engines.executable import fault  # tasks do without both
    from udaemon.manifest.shell_syntax import may_be_program

    for daemon in commands:
        assert daemon.command
        program, cwd, path = daemon.command[0], daemon.cwd, surroundings(daemon.env, daemon.cwd).get("PATH")
        if daemon.shell or not may_be_program(program) or not os.path.isdir(cwd):
            continue
        if _PHP.fullmatch(os.path.basename(program)):
            continue  # `check_php` knows better how to get it
        asked = (program, cwd, path)
        if asked not in told:
            told[asked] = fault(program, cwd=cwd, path=path, beside=manifest.directory)
        if (found := told[asked]) is not None:
            message = f"{shown(program)} {found.message}"
            yield Finding(found.code, message, found.hint, ("daemons", daemon.name, "command"))


def _is_there(program: str, daemon: Daemon) -> bool:
    from udaemon.engines.executable import located  # hardly any daemon runs PHP

    file = located(program, cwd=daemon.cwd, path=surroundings(daemon.env, daemon.cwd).get("PATH"))
    return file is not None and os.access(file, os.X_OK)


def _program(daemon: Daemon) -> str:
    """The program a command runs, as far as that can be seen; "" where it cannot, or where it is no command."""
    words = daemon.command or ("",)
    if daemon.shell:
        words = tuple(shlex.split(words[0]))
    before = words.index(FOLLOW) if FOLLOW in words else int(words[0] == "exec") - 1
    return words[before + 1] if before + 1 < len(words) else ""
