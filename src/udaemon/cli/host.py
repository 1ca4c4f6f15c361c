"""What this machine offers to udaemon, and what is wrong with a project's directories; each found by asking it.

Knows nothing of how that is shown.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
import stat
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from udaemon.control.rundir import base
from udaemon.manifest.model import Manifest
from udaemon.system import oom, oserror
from udaemon.system.cgroup import CONTROLLERS, Hierarchy, own_directory
from udaemon.system.subreaper import is_subreaper

ENOUGH = 4096
"""Open files that some thousand daemons need."""


class Fact(NamedTuple):
    """One thing that was found out; `state` is `good`, `missing` (something works less well) or `bad`."""

    topic: str
    state: str
    text: str


def host_facts() -> Iterator[Fact]:
    """Ask the machine."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Fact("python", "good" if sys.version_info >= (3, 11) else "bad", version)
    system = os.uname()
    linux = system.sysname == "Linux"
    yield Fact("system", "good" if linux else "missing", f"{system.sysname} {system.release}")
    yield _pidfd()
    yield _subreaper(linux=linux)
    yield _cgroup(linux=linux)
    yield _oom_score()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{_limit(soft)}, may be raised to {_limit(hard)}"
    yield Fact("open files", "good" if hard == resource.RLIM_INFINITY or hard >= ENOUGH else "missing", text)
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    yield Fact("processes", "good", _limit(soft))
    for name, use in (("yaml", "manifests in YAML"), ("dotenv", "env-file"), ("rich", "tables in colour")):
        there = importlib.util.find_spec(name) is not None
        yield Fact(f"package {name}", "good" if there else "missing", use)


def directories(manifest: Manifest, environ: Mapping[str, str]) -> Iterator[Fact]:
    """Ask about the directories that a project writes to."""
    yield _own(base(environ, os.geteuid()))
    wanted = {daemon.log_dir for daemon in manifest.daemons.values()}
    wanted |= {os.path.dirname(daemon.common_log) for daemon in manifest.daemons.values()}
    for directory in sorted(wanted):
        yield _writable("log directory", directory)
    if manifest.run_dir:
        yield _writable("run-dir", manifest.run_dir)
    for directory in sorted({daemon.cwd for daemon in manifest.daemons.values()}):
        if not os.path.isdir(directory):
            yield Fact("working directory", "bad", f"{directory} is no directory")


def _limit(number: int) -> str:
    return "unlimited" if number == resource.RLIM_INFINITY else str(number)


def _pidfd() -> Fact:
    try:
        fd = os.pidfd_open(os.getpid())
        signal.pidfd_send_signal(fd, 0)
        os.close(fd)
    except (AttributeError, OSError) as error:
        return Fact("pidfd", "missing", f"not here ({error})")
    return Fact("pidfd", "good", "signals cannot reach a stranger with a reused pid")


def _subreaper(*, linux: bool) -> Fact:
    if not linux:
        return Fact("subreaper", "missing", "only Linux has it: what a daemon leaves behind cannot be found")
    try:
        is_subreaper()  # asks, changes nothing
    except OSError as error:
        return Fact("subreaper", "bad", f"refused ({oserror.reason(error)})")
    return Fact("subreaper", "good", "what a daemon leaves behind comes to the supervisor")


def _cgroup(*, linux: bool) -> Fact:
    """Whether the key `cgroup` can work for a supervisor that is started from here."""
    groups = Hierarchy(own_directory() if linux else None)
    if groups.base is None:
        return Fact("cgroup v2", "missing", "not mounted: cgroup cannot be had")
    if (why := groups.look(CONTROLLERS)) is not None:
        return Fact("cgroup v2", "missing", f"cgroup cannot be had here: {why}")
    return Fact("cgroup v2", "good", f"delegated at {groups.base}")


def _oom_score() -> Fact:
    """Whether this process may do what a supervisor does."""
    before = oom.shield()
    if before is not None:
        oom.give("self", before)
    elif not oom.is_shielded():
        text = "may not be lowered: where memory runs out, the kernel may end the supervisor as soon as a daemon"
        return Fact("OOM score", "missing", text)
    return Fact("OOM score", "good", "where memory runs out, the supervisor is ended last")


def _own(directory: str) -> Fact:
    """The run directory's parent: ours alone, or not there yet."""
    try:
        status = os.lstat(directory)
    except FileNotFoundError:
        return _writable("run directory", directory)
    except OSError as error:
        return Fact("run directory", "bad", f"{directory}: {oserror.reason(error)}")
    if not stat.S_ISDIR(status.st_mode):
        return Fact("run directory", "bad", f"{directory} is no directory")
    if status.st_uid != os.geteuid():
        return Fact("run directory", "bad", f"{directory} belongs to uid {status.st_uid}")
    if stat.S_IMODE(status.st_mode) & 0o022:
        return Fact("run directory", "bad", f"{directory} can be written by others: chmod 0700 it")
    return Fact("run directory", "good", directory)


def _writable(topic: str, directory: str) -> Fact:
    """A directory that is there and ours to write, or can be made."""
    there = directory
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        return Fact(topic, "bad", f"{there} is no directory")
    if not os.access(there, os.W_OK | os.X_OK):
        return Fact(topic, "bad", f"{there} cannot be written")
    free = os.statvfs(there)
    if free.f_bavail == 0 or (free.f_files and free.f_favail == 0):
        return Fact(topic, "bad", f"{there} is on a full disk")
    return Fact(topic, "good", directory if there == directory else f"{directory} will be made")
