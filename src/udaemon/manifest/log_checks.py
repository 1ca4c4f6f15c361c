"""Checks that no two daemons write to one file: their logs, rotated ones too, and the common logs.

Knows no disk; what stands at a path is `check/directories.py`'s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from udaemon.manifest.log_files import LogFile, log_files
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding, Path

_ROTATED = re.compile(r"(.+?)\.(?:[0-9]{1,9}(?:\.gz)?|new|zip)")


def check_logs(manifest: Manifest) -> Iterator[Finding]:
    """Report logs that another one is written to, or becomes when it is rotated."""
    owners: dict[str, str] = {}
    files: list[tuple[Daemon, LogFile]] = []
    for name, daemon in manifest.daemons.items():
        mine = log_files(daemon, manifest.context)
        files += ((daemon, file) for file in mine)
        taken = next((file for file in mine if file.path in owners), None)
        if taken is not None:
            yield _same(
                daemon, taken, f"{os.path.basename(taken.path)} would be the log of {owners[taken.path]} and {name}"
            )
        owners |= {file.path: owners.get(file.path, name) for file in mine}
    told: set[str] = set()
    for daemon, file in files:
        if daemon.name not in told and (found := _rotated_name(daemon, file, owners)) is not None:
            told.add(daemon.name)
            yield found
    for name, daemon in manifest.daemons.items():
        if daemon.common_log in owners:
            message = f"{os.path.basename(daemon.common_log)} is the log of {owners[daemon.common_log]} already"
            yield Finding("same-log", message, "name another file", ("daemons", name, "common-log"))


def _rotated_name(daemon: Daemon, file: LogFile, owners: dict[str, str]) -> Finding | None:
    if (rotated := _ROTATED.fullmatch(file.path)) is not None and rotated[1] in owners:
        whose = "its own log" if owners[rotated[1]] == daemon.name else f"the log of {owners[rotated[1]]}"
        return _same(daemon, file, f"{os.path.basename(file.path)} is a name for {whose}, rotated")
    return None


def _same(daemon: Daemon, file: LogFile, message: str) -> Finding:
    hint = "name another file"
    if daemon.log.file is not None:
        hint += ", such as ${UDAEMON_NAME}.log; udaemon logs shows those of several daemons together"
    return Finding("same-log", message, hint, _key(daemon, file))


def _key(daemon: Daemon, file: LogFile) -> Path:
    if daemon.log.file is not None:
        return ("daemons", daemon.name, "log", "file")
    return ("daemons", daemon.name, "log", "stderr") if file.errors else ("daemons", daemon.name, "log-dir")
