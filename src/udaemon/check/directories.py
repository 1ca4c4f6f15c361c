"""Whether the directories that a manifest names are there, or can be made where udaemon makes them.

Knows nothing of what is in them, and makes none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from udaemon.manifest.log_files import log_files
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.regular import what_it_is


def check_directories(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with `cwd`, logs and `common-log` of each daemon that may run, the same thing only once."""
    looked: set[tuple[Path, str]] = set()
    for daemon in manifest.daemons.values():
        if not daemon.enabled:
            continue
        for key, path, fault in _places(daemon, manifest.context):
            if (key, path) not in looked and (found := fault(path)) is not None:
                yield Finding("no-directory", *found, ("daemons", daemon.name, *key))
            looked.add((key, path))


def _places(daemon: Daemon, context: str) -> Iterator[tuple[Path, str, Callable[[str], tuple[str, str] | None]]]:
    yield ("cwd",), daemon.cwd, _no_place_to_be
    key = ("log-dir",) if daemon.log.file is None else ("log", "file")
    for file in log_files(daemon, context):
        yield key, os.path.dirname(file.path), _no_place_to_write
        yield key, file.path, _no_file
    yield ("common-log",), os.path.dirname(daemon.common_log), _no_place_to_write
    yield ("common-log",), daemon.common_log, _no_file


def _no_place_to_be(directory: str) -> tuple[str, str] | None:
    """Return why no process can have its working directory here."""
    if not os.path.lexists(directory):
        return f"there is no directory {directory}", "make it, or name another"
    if not os.path.isdir(directory):
        return f"{directory} is no directory", "name one"
    if not os.access(directory, os.X_OK):
        return f"{directory} cannot be entered", "look at its owner and mode"
    return None


def _no_place_to_write(directory: str) -> tuple[str, str] | None:
    """Return why no file can be made here. What is not there is made, so its nearest parent counts."""
    there = directory
    while not os.path.lexists(there) and there != os.path.dirname(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        return f"{there} is no directory", "name another"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} cannot be written to", "look at its owner and mode, or name another"
    return None


def _no_file(file: str) -> tuple[str, str] | None:
    """Return why this cannot be a log."""
    try:
        mode = os.lstat(file).st_mode
    except OSError:
        return None  # it is made
    if what := what_it_is(mode):
        return f"{file} is {what}, where a log is to be", "take it away, or name another place"
    if not os.access(file, os.W_OK):
        return f"{file} cannot be written to", "look at its owner and mode, or name another place"
    return None
