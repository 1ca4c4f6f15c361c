"""Which files a daemon's output goes to: one for all instances or one each, and others for stderr where it is apart.

Knows nothing of what is in them.
"""

from __future__ import annotations

from typing import NamedTuple

from udaemon.manifest.model import Daemon


class LogFile(NamedTuple):
    """One file: which instance writes to it, None where all do, and whether it is stderr alone."""

    path: str
    instance: int | None = None
    errors: bool = False


def log_files(daemon: Daemon, context: str) -> tuple[LogFile, ...]:
    """The files of all instances, in their order."""
    found: list[LogFile] = []
    for index in range(1 if daemon.shares_log else daemon.instances):
        instance = None if daemon.shares_log else index
        found.append(LogFile(daemon.log_path(context, index), instance))
        if (errors := daemon.error_log_path(context, index)) is not None:
            found.append(LogFile(errors, instance, errors=True))
    return tuple(found)
