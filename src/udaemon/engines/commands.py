"""External commands: fork and exec without a shell, and what it means when that fails.

Knows nothing of how a process goes on. `Popen` reports an exec that failed with its errno through a close-on-exec pipe,
so that a command that was started is known to have begun.
"""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import frozen

from udaemon.engines import oom
from udaemon.engines.executable import fault
from udaemon.policy.events import Trouble
from udaemon.system import oserror
from udaemon.system.fd_reserve import FdReserve

_RETRY = frozenset(
    {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY, errno.EIO, errno.ESTALE, errno.ENOSPC}
)
"""Errors that may pass by themselves. ETXTBSY is a program that is being written at this moment."""


@frozen(kw_only=True)
class Command:
    """What to execute. Paths are absolute; `env` is the whole environment.

    `output` becomes stdout and stderr; `keep` stay open in it under their own numbers. In the foreground it has our
    session and standard streams instead of its own.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    umask: int = -1
    output: int
    keep: tuple[int, ...] = ()
    foreground: bool = False


_REFUSED = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC})
_AS_TOLD = {errno.ENOENT: "is not there"}
"""What the system's own words have said."""


class ExecFailed(Exception):
    """No process came to be; `trouble` says whether another try makes sense."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


class Launcher:
    """Starts programs with clean attributes and the file limit that the user gave us.

    Args:
        nofile: Soft and hard RLIMIT_NOFILE for what is started, None to pass on our own.
        oom_score: What is started gets this, where ours was lowered.

    The limit is lowered here for the moment of the fork, as no other way is free of a race; two fds with low numbers
    are kept in reserve, for the pipe that a fork needs while the limit is low or all fds are used up.
    """

    def __init__(self, nofile: tuple[int, int] | None = None, oom_score: int | None = None) -> None:
        self._nofile = nofile
        self._oom_score = oom_score
        self._nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._reserve = FdReserve(2)

    def start(self, command: Command) -> int:
        """Execute a command. Returns its pid; to reap it is the caller's part.

        Raises:
            ExecFailed: It did not begin.
        """
        try:
            with self._limited():
                pid = self._popen(command)
        except OSError as error:
            raise _failed(command, error) from error
        except ValueError as error:  # a NUL byte, which no argument or variable can hold
            raise ExecFailed(f"exec {command.argv[0]!r}: {error}", Trouble.CONFIG) from error
        if self._oom_score is not None:
            oom.restore(pid, self._oom_score)
        return pid

    def close(self) -> None:
        """Let go of the fds in reserve."""
        os.close(self._nothing)
        self._reserve.close()

    def _popen(self, command: Command) -> int:
        process = subprocess.Popen(
            command.argv,
            env=command.env,
            cwd=command.cwd,
            stdin=None if command.foreground else self._nothing,
            stdout=None if command.foreground else command.output,
            stderr=None if command.foreground else command.output,
            start_new_session=not command.foreground,
            umask=command.umask,
            pass_fds=command.keep,
        )
        process.returncode = 0  # so that neither its destructor nor the next Popen waits for it
        return process.pid

    @contextmanager
    def _limited(self) -> Iterator[None]:
        own = resource.getrlimit(resource.RLIMIT_NOFILE)
        with self._reserve.lent():
            if self._nofile is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self._nofile[0], own[1]))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, own)


def shell(script: Sequence[str]) -> tuple[str, ...]:
    """The arguments that run a script by /bin/sh."""
    return ("/bin/sh", "-c", *script)


def _failed(command: Command, error: OSError) -> ExecFailed:
    trouble = Trouble.RESOURCE if error.errno in _RETRY else Trouble.CONFIG
    return ExecFailed(reason(command, error), trouble)


def reason(command: Command, error: OSError) -> str:
    """Say what the system refused, and why as far as that can be seen."""
    program = command.argv[0]
    told = oserror.named_reason(error)
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES} and not _can_enter(command.cwd):
        return f"chdir {command.cwd}: {told}"
    found = fault(program, cwd=command.cwd, path=command.env.get("PATH")) if error.errno in _REFUSED else None
    if found is not None and found.message != _AS_TOLD.get(error.errno or 0):
        told += f"; it {found.message}"
    if found is not None and found.hint is not None:
        told += f" ({found.hint})"
    return f"exec {program}: {told}"


def _can_enter(directory: str) -> bool:
    return os.path.isdir(directory) and os.access(directory, os.X_OK)
