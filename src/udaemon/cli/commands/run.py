"""`udaemon run`: one daemon in this terminal, without a supervisor.

Knows nothing of the loop. The instance's lock is taken all the same: there is never a second copy.
"""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import ONE_DAEMON
from udaemon.cli.wanted import wanted_manifest
from udaemon.control import rundir
from udaemon.engines import declared, locks
from udaemon.engines.base import SpawnRequest
from udaemon.engines.specs import spec_of
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.wording import near
from udaemon.policy.instance import Key

_DEFAULT_GC = (700, 10, 10)


@click.command("run")
@click.argument("name", type=ONE_DAEMON, metavar="NAME")
@click.option("--once", is_flag=True, help="One run of the task, then end.")
@click.option("--instance", type=click.IntRange(min=0), default=0, metavar="I", help="Which copy to be; default 0.")
@click.pass_obj
def command(options: GlobalOptions, *, name: str, once: bool, instance: int) -> int:
    """Run one daemon in this terminal, without a supervisor.

    Output stays here, nothing is restarted, and the exit code is the daemon's own. Ctrl-C stops it after the run under
    way, a second Ctrl-C kills. An instance that runs already is not started again.
    """
    manifest = wanted_manifest(options)
    daemon = _daemon(manifest, name)
    if instance >= daemon.instances:
        raise UdaemonError(
            f"{name} has no instance {instance}", f"they are numbered 0 to {daemon.instances - 1}", ExitCode.USAGE
        )
    gc.set_threshold(*_DEFAULT_GC)  # a short verb's is not for a daemon
    key = Key(name, instance)
    with _locked(manifest, key) as lock:
        if daemon.command is not None:
            return _execute(manifest, daemon, key, lock)
        from udaemon.child.foreground import run_here

        return run_here(spec_of(manifest, daemon, instance), once=once)


def _daemon(manifest: Manifest, name: str) -> Daemon:
    daemon = manifest.daemons.get(name)
    if daemon is None:
        meant = near(name, list(manifest.daemons))
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(manifest.daemons)}"
        raise UdaemonError(f"no daemon {name}", hint, ExitCode.NO_SUCH_DAEMON)
    return daemon


@contextmanager
def _locked(manifest: Manifest, key: Key) -> Iterator[int]:
    """Hold the instance's lock in the run directory that a supervisor would use, and leave no trace there."""
    base = rundir.base(os.environ, os.geteuid())
    name = rundir.directory_name(manifest.project, manifest.file)
    directory = os.path.join(base, name)
    fd = rundir.make(base, name)
    try:
        lock = locks.acquire(os.path.join(directory, "locks"), key)
    except locks.LockHeld as error:
        raise UdaemonError(f"{key} runs already: {error}", f"udaemon stop {key.name} ends it") from None
    finally:
        rundir.release(fd)
    locks.record(lock, os.getpid())
    try:
        yield lock
    finally:
        os.close(lock)
        _tidy(directory, fd, key)
        os.close(fd)


def _tidy(directory: str, fd: int, key: Key) -> None:
    """Take away what is ours and no longer used; a supervisor that runs here by now keeps everything."""
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not rundir.running(fd):
            locks.discard(os.path.join(directory, "locks"), key)
            os.rmdir(os.path.join(directory, "locks"))
            os.rmdir(directory)


def _execute(manifest: Manifest, daemon: Daemon, key: Key, lock: int) -> int:
    """Run an external command and answer its exit code, 128 + n for a signal as shells do."""
    told = declared.command(SpawnRequest(key=key, daemon=daemon, slot=0, lock=lock, output=1), manifest)
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        # A terminal sends Ctrl-C to the command as well; to pass it on would make two of it.
        if number not in {signal.SIGINT, signal.SIGQUIT} or not sys.stdin.isatty():
            for process in started:
                process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, pass_on)
    try:
        process = subprocess.Popen(
            told.argv,
            executable=told.executable,
            env=told.env,
            cwd=told.cwd,
            umask=told.umask,
            pass_fds=told.keep,
        )
    except OSError as error:
        reason = f"{error.strerror} ({errno.errorcode.get(error.errno or 0, '?')})"
        raise UdaemonError(f"exec {error.filename or told.argv[0]}: {reason}") from None
    started.append(process)
    code = process.wait()
    return code if code >= 0 else 128 - code
