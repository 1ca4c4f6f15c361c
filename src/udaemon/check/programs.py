"""Whether the programs that a manifest names are there, and whether PHP and its library have what daemons name.

Knows nothing of how PHP answers; `udaemon.php.look` does, and it alone runs the user's code. Nor of what makes a file
a program: `udaemon.system.executable` does.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from udaemon.child.environment import surroundings
from udaemon.manifest.executed import commands, hook_commands
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.wording import shown
from udaemon.php import FOLLOW, MISSING
from udaemon.php.entry import find_library

if TYPE_CHECKING:
    from udaemon.php.look import Php
    from udaemon.system.executable import Fault

PATIENCE = 20.0
"""Seconds that PHP may take to load one bootstrap and look for its factories."""

_NAMED = 5
"""So many other daemons are named that have the same fault."""

_LEAVE_IT = "leave it to PHP with php.entry, or change the factory"
_NO_LIBRARY = "the PHP library is not under vendor/ there or above: a process of ours follows what the script starts"

_PHP = re.compile(r"php[0-9.]*")


def check_php(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the PHP of each daemon that may run. What is alike for many is reported once."""
    alike: dict[tuple[object, ...], list[Daemon]] = defaultdict(list)
    told = _Told()
    for daemon in manifest.daemons.values():
        path: Path = ("daemons", daemon.name)
        if not daemon.enabled:
            continue
        php = daemon.php
        if daemon.kind in {"php", "php.entry"}:
            files = (php.bootstrap,) if daemon.kind == "php" else (php.entry, php.library)
            alike[(daemon.kind, *files, php.interpreter, daemon.cwd, *sorted(daemon.env.items()))].append(daemon)
            if not _is_there(program := php.interpreter[0], daemon):
                told.add("no-php", f"{program} is not installed", MISSING, (*path, "php", "interpreter"))
        elif _PHP.fullmatch(os.path.basename(program := _program(daemon))) and not _is_there(program, daemon):
            yield Finding("no-php", f"{program} is not installed", MISSING, (*path, "command"))
    for daemons in alike.values():
        look_at = _look_at_tasks if daemons[0].kind == "php" else _look_at_library
        look_at(daemons, told, ask=_is_there(daemons[0].php.interpreter[0], daemons[0]))
    yield from told.findings()


class _Told:
    """Findings, those with the same words together."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str, str | None, str], list[Path]] = defaultdict(list)

    def add(self, code: str, message: str, hint: str | None, path: Path, severity: str = "error") -> None:
        self._paths[code, message, hint, severity].append(path)

    def findings(self) -> Iterator[Finding]:
        """One for each sentence, at the first daemon that it is about; the others are counted and named."""
        for (code, message, hint, severity), paths in self._paths.items():
            if len(paths) > 1:
                names = [str(path[1]) for path in paths[1:]]
                more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                message = f"{message} ({len(paths)} daemons: this one, {', '.join(names[:_NAMED])}{more})"
            yield Finding(code, message, hint, paths[0], severity=severity)


def _look_at_tasks(daemons: Sequence[Daemon], told: _Told, *, ask: bool) -> None:
    """Load a bootstrap once for all daemons that have it."""
    php = daemons[0].php
    if not os.path.isfile(php.bootstrap):
        for daemon in daemons:
            hint = "name the file that makes your classes known"
            told.add("import-failed", f"there is no file {php.bootstrap}", hint, _place(daemon, "bootstrap"))
        return
    if not ask:
        return
    from udaemon.php.look import faults  # seldom needed

    found = faults(_asked(daemons[0]), php.bootstrap, [daemon.php.factory or "" for daemon in daemons])
    for daemon in daemons:
        fault = found.get(daemon.php.factory or "")
        if fault is not None:
            way_out = _LEAVE_IT if fault.severity == "warning" else None
            told.add("import-failed", fault.message, way_out, _place(daemon, "factory"), fault.severity)


def _look_at_library(daemons: Sequence[Daemon], told: _Told, *, ask: bool) -> None:
    """Look whether the entry script is there, and try on the library what keeps its daemons in the foreground."""
    from udaemon.php.look import library_fault  # seldom needed

    php = daemons[0].php
    library = find_library(php.entry or "", php.library)
    for daemon in daemons:
        if not os.path.isfile(php.entry or ""):
            hint = "name the script that starts a daemon by its --id"
            told.add("import-failed", f"there is no file {php.entry}", hint, _place(daemon, "entry"))
        elif library is None and php.library is not None:
            hint = "name the library's directory, or its Daemon.php"
            told.add("import-failed", f"the PHP library is not in {php.library}", hint, _place(daemon, "library"))
        elif library is None:
            hint = "name its directory by php.library"
            told.add("no-library", _NO_LIBRARY, hint, _place(daemon, "entry"), "warning")
    if ask and library is not None and os.path.isfile(php.entry or ""):
        refused = library_fault(_asked(daemons[0]), library)
        for daemon in daemons if refused else ():
            told.add("import-failed", refused or "", None, _place(daemon, "library" if php.library else "entry"))


def _asked(daemon: Daemon) -> Php:
    from udaemon.php.look import Php

    return Php(daemon.php.interpreter, surroundings(daemon.env, daemon.cwd), daemon.cwd, PATIENCE)


def _place(daemon: Daemon, key: str) -> Path:
    return ("daemons", daemon.name, "php", key)


def check_programs(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the programs that are started for each daemon that may run, and read by no shell."""
    told: dict[tuple[str | None, ...], Fault | None] = {}
    for daemon in manifest.daemons.values():
        for place, argv in _commands(daemon, manifest) if daemon.enabled else ():
            for one in _as_started(daemon, argv):
                if (found := _fault(one, manifest.directory, told)) is not None:
                    message = f"{shown((one.command or ('',))[0])} {found.message}"
                    yield Finding(found.code, message, found.hint, place)


def _commands(daemon: Daemon, manifest: Manifest) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every command that is started for a daemon, in its environment and directory, and where it stands."""
    path: Path = ("daemons", daemon.name)
    # what a shell reads cannot be seen, and `check_php` knows better how to get PHP
    own = daemon.command if daemon.kind == "command" and not daemon.shell else None
    if own and not _PHP.fullmatch(os.path.basename(own[0])):
        yield (*path, "command"), own
    yield from commands(daemon, path)
    yield from hook_commands(manifest.on, ())


def _as_started(daemon: Daemon, argv: tuple[str, ...]) -> Iterator[Daemon]:
    """A command of a daemon as each instance has it; the first stands for all where they run the same program."""
    one = daemon if argv is daemon.command else evolve(daemon, command=argv)
    yield from (for_instance(one, index) for index in range(daemon.instances if "${" in "".join(argv[:1]) else 1))


def _fault(daemon: Daemon, directory: str, told: dict[tuple[str | None, ...], Fault | None]) -> Fault | None:
    """What is wrong with a program, each looked at once."""
    from udaemon.manifest.shell_syntax import may_be_program
    from udaemon.system.executable import fault  # most tasks do without both

    program, cwd = (daemon.command or ("",))[0], daemon.cwd
    if not program or not may_be_program(program) or not os.path.isdir(cwd):
        return None
    asked = (program, cwd, surroundings(daemon.env, cwd).get("PATH"))
    if asked not in told:
        told[asked] = fault(program, cwd=cwd, path=asked[2], beside=directory)
    return told[asked]


def _is_there(program: str, daemon: Daemon) -> bool:
    from udaemon.system.executable import located  # hardly any daemon runs PHP

    file = located(program, cwd=daemon.cwd, path=surroundings(daemon.env, daemon.cwd).get("PATH"))
    return file is not None and os.access(file, os.X_OK)


def _program(daemon: Daemon) -> str:
    """The program a command runs, as far as that can be seen; "" where it cannot, or where it is no command."""
    words = daemon.command or ("",)
    if daemon.shell:
        words = tuple(shlex.split(words[0]))
    before = words.index(FOLLOW) if FOLLOW in words else int(words[0] == "exec") - 1
    return words[before + 1] if before + 1 < len(words) else ""
