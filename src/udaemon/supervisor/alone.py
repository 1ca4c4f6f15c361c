"""The log and the pid file of a daemon that runs without a supervisor.

Knows nothing of how it runs: its output goes to a process of its own that writes the log.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from udaemon.logs.log_target import LogTarget
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.instance import Instance, Key, State
from udaemon.supervisor.log_targets import log_target
from udaemon.supervisor.pidfiles import PidFiles

_GRACE = 1.0
"""Seconds for the log to end; a process that the daemon left behind may hold it open for ever."""


@contextmanager
def kept_files(manifest: Manifest, daemon: Daemon, key: Key, directory: str) -> Iterator[Callable[[int], None]]:
    """Send the output of this process to the daemon's log, and give back what writes its pid file.

    `directory` is the run directory, where the pid file is besides the one that the manifest names.
    """
    paths = (manifest.log_path(daemon, key.index), daemon.error_log_path(manifest.context, key.index))
    writers = [_writer(log_target(daemon, key.index, path)) for path in paths if path is not None]
    former = [os.dup(fd) for fd in (1, 2)]
    _redirect([writers[0][1], writers[-1][1]])
    pids = PidFiles([directory, *([manifest.run_dir] if manifest.run_dir else [])], manifest.context)
    instance = Instance(daemon=daemon, index=key.index, state=State.RUNNING)
    try:
        yield lambda pid: pids.write(instance, pid)
    finally:
        pids.remove(instance.key)
        _redirect(former)
        for writer, _ in writers:
            with suppress(subprocess.TimeoutExpired):
                writer.wait(_GRACE)


def _writer(target: LogTarget) -> tuple[subprocess.Popen[bytes], int]:
    """A process that writes a log, and the pipe to it."""
    read, write = os.pipe()
    command = [sys.executable, "-P", "-m", "udaemon.logs.pipe", str(os.getpid()), *target.fields()]
    writer = subprocess.Popen(command, stdin=read, stdout=subprocess.DEVNULL)
    os.close(read)
    return writer, write


def _redirect(fds: list[int]) -> None:
    """Make these standard output and standard error, and close the originals."""
    sys.stdout.flush()
    sys.stderr.flush()
    for number, fd in enumerate(fds, 1):
        os.dup2(fd, number)
    for fd in set(fds):
        os.close(fd)
