"""Whether each Python that a manifest names is there and new enough.

Knows nothing of what daemons import in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from udaemon.child.environment import surroundings
from udaemon.child.other_python import LEAST, resolved
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding
from udaemon.system import oserror

_PATIENCE = 20.0
"""Seconds for one to tell its version."""

_ASK = "import sys; sys.stdout.write('udaemon %d %d' % sys.version_info[:2])"
_HINT = "name an interpreter, or the directory of a virtual environment"


def check_pythons(manifest: Manifest) -> Iterator[Finding]:
    """Ask each for its version, once."""
    known: dict[str, tuple[str, str] | None] = {}
    for daemon in manifest.daemons.values():
        if not daemon.enabled or daemon.python is None:
            continue
        path = resolved(daemon.python, manifest.directory)
        if path not in known:
            known[path] = _fault(path, daemon, manifest.directory)
        if (fault := known[path]) is not None:
            yield Finding("no-python", *fault, ("daemons", daemon.name, "python"))


def _fault(path: str, daemon: Daemon, directory: str) -> tuple[str, str] | None:
    """What is wrong with one, and what can be done about it."""
    if "/" not in (daemon.python or "/") and not os.path.lexists(path):
        return f"{daemon.python} is in no directory of PATH, and is none beside the manifest", _HINT
    import subprocess  # few manifests name a Python, and every `up` looks whether this one does

    try:
        done = subprocess.run(
            [path, "-c", _ASK],
            env=surroundings(daemon.env, directory),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{path} does not tell its version within {_PATIENCE:g} s", _HINT
    except OSError as error:
        return f"{path} cannot be executed: {oserror.reason(error)}", _HINT
    match done.stdout.split():
        case [b"udaemon", major, minor] if done.returncode == 0:
            version = (int(major), int(minor))
        case _:
            return f"{path} is no Python: it ends with exit code {done.returncode} and tells no version", _HINT
    if version < LEAST:
        least = ".".join(map(str, LEAST))
        return f"{os.path.basename(path)} is Python {version[0]}.{version[1]}", f"udaemon needs {least} or later"
    return None
