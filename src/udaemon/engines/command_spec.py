"""Makes the command, with its environment, from the daemon as it is declared.

Knows nothing of how it is started.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from udaemon.child.environment import MARKS, surroundings
from udaemon.engines.child_spec import identity_of
from udaemon.engines.commands import Command, shell
from udaemon.manifest.implied import implied
from udaemon.manifest.model import Daemon
from udaemon.manifest.own_instance import for_instance
from udaemon.php import entry
from udaemon.policy.plan import Place


def command(
    place: Place,
    daemon: Daemon,
    index: int,
    *,
    output: int,
    errors: int | None = None,
    keep: tuple[int, ...] = (),
    cgroup: str | None = None,
    report: int | None = None,
) -> Command:
    """What to execute for one instance of a command daemon; see `Command`.

    A program with a slash is looked for from `cwd`, as execve(2) does. `report` is the socket over which a daemon of
    the PHP library reports its exit.
    """
    daemon = for_instance(daemon, index)
    argv = daemon.command or ()
    find_argv: Callable[[], Sequence[str]] | None = None
    if daemon.kind == "php.entry":
        find_argv = partial(_foreground, daemon, index, report)
    cwd = daemon.cwd or place.directory
    marks = (place.project, daemon.name, str(index), str(daemon.instances), place.context)
    return Command(
        argv=shell(argv) if daemon.shell else argv,
        env=surroundings(
            implied(daemon, os.environ if daemon.env_inherit else {}) | dict(daemon.env),
            cwd,
            inherit=daemon.env_inherit,
        )
        | dict(zip(MARKS, marks, strict=True)),
        cwd=cwd,
        umask=daemon.umask,
        identity=identity_of(daemon, cgroup),
        given=frozenset(daemon.env),
        output=output,
        errors=errors,
        keep=keep if report is None else (*keep, report),
        find_argv=find_argv,
    )


def _foreground(daemon: Daemon, index: int, report: int | None) -> tuple[str, ...]:
    """A daemon of the PHP library; one of several copies is told its number, as whoever launched them did."""
    php, words = daemon.php, daemon.command or ()
    number = ("--instance", str(index)) if daemon.instances > 1 else ()
    library = entry.find_library(php.entry or "", php.library)
    return tuple(entry.command((*words, *number), php.interpreter, library, report=report))
