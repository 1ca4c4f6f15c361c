"""Which manifest a verb is about, by its path alone.

Knows nothing of what is in it. Imports only os: every client verb asks this on its way to the run directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.paths import at_home

NAMES = ("udaemon.toml", "udaemon.yaml", "udaemon.yml")
STDIN = "-"


def find(paths: Sequence[str], environ: Mapping[str, str], cwd: str) -> tuple[str, ...]:
    """Return which files make the manifest, absolute and in the order of their layers.

    Args:
        paths: What `-f` named, later ones over earlier ones; `-` is standard input and stays as it is.
        environ: Asked for `UDAEMON_FILE` where `paths` is empty.
        cwd: Where relative paths start, and where the search through the parents starts.

    Raises:
        UdaemonError: There is none, or two in one directory.
    """
    named = tuple(paths) or _from_environment(environ)
    if named:
        return tuple(path if path == STDIN else os.path.join(cwd, at_home(path, environ)) for path in named)
    return (_search(cwd),)


def _from_environment(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part for part in environ.get("UDAEMON_FILE", "").split(os.pathsep) if part)


def _search(cwd: str) -> str:
    directory = os.path.abspath(cwd)
    while True:
        present = [name for name in NAMES if os.path.lexists(os.path.join(directory, name))]
        if len(present) > 1:
            raise UdaemonError(
                f"{directory} has {' and '.join(present)}",
                "keep one of them, or say which with -f",
                ExitCode.USAGE,
            )
        if present:
            return os.path.join(directory, present[0])
        parent = os.path.dirname(directory)
        if parent == directory:
            raise UdaemonError(
                f"no {', '.join(NAMES[:-1])} or {NAMES[-1]} in {cwd} or a parent of it",
                "make one with udaemon init, or say where it is with -f",
                ExitCode.USAGE,
            )
        directory = parent
