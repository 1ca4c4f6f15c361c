"""Starts external commands: fork and exec without a shell, and what a failure means.

Knows nothing of how a process goes on. An exec that failed is told with its errno through a close-on-exec pipe, so that
a command that was started is known to have begun. A program on a file system that does not answer holds up nobody but
its own process.
"""

from __future__ import annotations

# The wrappers in `signal` turn numbers into enums and back, a hundred for each call.
import _signal  # type: ignore[import-not-found]
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from udaemon.child.dispositions import ALL_SIGNALS
from udaemon.child.identity import NOBODY_ELSE, Identity
from udaemon.engines.exec_child import execute, reason
from udaemon.frozen import frozen
from udaemon.policy.reasons import Trouble
from udaemon.system import oom, oserror
from udaemon.system.fd_reserve import FdReserve
from udaemon.system.mounts import Mounts


@frozen(kw_only=True)
class Command:
    """What to execute. Paths are absolute; `env` is the whole environment.

    `output` becomes stdout and stderr, which may have `errors` of its own; `keep` stay open in it under their own
    numbers. In the foreground it has our session and standard streams instead of its own. `find_argv` gives what
    stands in the place of `argv`, where one has to look at files to know it. `identity` is who it runs as; of the
    variables that name that user those in `given` stay as they are.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    umask: int = -1
    output: int
    errors: int | None = None
    keep: tuple[int, ...] = ()
    foreground: bool = False
    find_argv: Callable[[], Sequence[str]] | None = None
    identity: Identity = NOBODY_ELSE
    given: frozenset[str] = frozenset()

    @property
    def stderr(self) -> int:
        """What becomes its stderr."""
        return self.output if self.errors is None else self.errors


class ExecFailed(Exception):
    """No process came to be; `trouble` says whether another try makes sense."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


class Started(NamedTuple):
    """A process that executes its command, or is about to: all is the caller's, and so is reaping it.

    `report` is None where the program runs. Else it is a pipe that does not block: it ends when the program was
    executed, or holds what `exec_child.refusal` reads.
    """

    pid: int
    pidfd: int
    report: int | None


class Starts(Protocol):
    """What executes commands."""

    def start(self, command: Command) -> Started:
        """Have a command executed by a process of its own.

        Raises:
            ExecFailed: There is no process.
        """

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """Our RLIMIT_NOFILE was raised: what is started from now on gets this, or what it had before."""

    def close(self) -> None:
        """Close the descriptors that are kept."""


class Launcher:
    """Starts programs with clean attributes and the file limit that the user gave us.

    Args:
        nofile: Soft and hard RLIMIT_NOFILE for what is started, None to pass on our own.
        oom_score: What is started gets this, where ours was lowered.
        mounts: Says whether an exec may take for ever; closed with this.

    There are two ways to one end. `Popen` has vfork(2), which costs a third of fork(2), and waits until the exec went
    through; that is never where a program or a directory is on a file system whose server does not answer. So as long
    as one is mounted that has a server, each command gets a forked copy of this process, which waits in our stead.
    (Measured, with 20 MB of ours: 1.0 and 3.4 ms of CPU for a `sleep`; 500 commands would start in twice the time.)
    """

    def __init__(
        self, nofile: tuple[int, int] | None = None, oom_score: int | None = None, mounts: Mounts | None = None
    ) -> None:
        self._nofile = nofile
        self._oom_score = oom_score
        self._mounts = mounts or Mounts()
        self._nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        # With low numbers, for the pipe that `Popen` needs while the limit is low or all fds are used up.
        self._reserve = FdReserve(2)

    def start(self, command: Command) -> Started:
        """Have a command executed by a process of its own.

        Raises:
            ExecFailed: There is no process.
        """
        # Who a user is may take as long as a directory service; and only between fork and exec can one become it.
        forks = command.identity != NOBODY_ELSE or self._mounts.may_hang()
        pid, report = self._fork(command) if forks else (self._popen(command), None)
        try:
            return Started(pid, os.pidfd_open(pid), report)
        except OSError as error:
            if report is not None:
                os.close(report)
            os.kill(pid, signal.SIGKILL)  # it is our unreaped child, so the pid is its own; then it is an orphan
            raise _refused("pidfd", error) from error

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """Our RLIMIT_NOFILE was raised: what is started from now on gets this, or what it had before."""
        self._nofile = self._nofile or nofile

    def close(self) -> None:
        """Close the descriptors that are kept."""
        self._mounts.close()
        os.close(self._nothing)
        self._reserve.close()

    def _fork(self, command: Command) -> tuple[int, int]:
        try:
            read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise _refused("pipe", error) from error
        try:
            return self._fork_with(command, write), read
        except OSError as error:
            os.close(read)
            raise _refused("fork", error) from error
        finally:
            os.close(write)

    def _fork_with(self, command: Command, report: int) -> int:
        # Until the child has taken our handlers away, one of them would tell us of a signal that was sent to it.
        mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ALL_SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                execute(
                    command,
                    report,
                    stdin=self._nothing,
                    nofile=self._nofile,
                    oom_score=self._oom_score,
                    mask=mask if command.foreground else (),
                )
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        return pid

    def _popen(self, command: Command) -> int:
        argv = command.argv
        try:
            argv = argv if command.find_argv is None else tuple(command.find_argv())
            with self._limited():
                process = subprocess.Popen(
                    argv,
                    env=command.env,
                    cwd=command.cwd,
                    stdin=None if command.foreground else self._nothing,
                    stdout=None if command.foreground else command.output,
                    stderr=None if command.foreground else command.stderr,
                    start_new_session=not command.foreground,
                    umask=command.umask,
                    pass_fds=command.keep,
                )
        except (OSError, ValueError) as error:
            trouble, why = reason(argv, command, error)
            raise ExecFailed(why, trouble) from error
        process.returncode = 0  # so that neither its destructor nor the next Popen waits for it
        return process.pid

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Have what is passed on for the moment of the fork, as no other way is free of a race."""
        own = resource.getrlimit(resource.RLIMIT_NOFILE)
        with self._reserve.lent(), oom.lent(self._oom_score):
            if self._nofile is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self._nofile[0], own[1]))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, own)


def shell(script: Sequence[str]) -> tuple[str, ...]:
    """The arguments that run a script by /bin/sh."""
    return ("/bin/sh", "-c", *script)


def _refused(what: str, error: OSError) -> ExecFailed:
    return ExecFailed(f"{what}: {oserror.named_reason(error)}", Trouble.RESOURCE)
