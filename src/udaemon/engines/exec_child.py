"""What a forked process does until its command is executed in it, and how it tells that this failed.

Knows nothing of its parent but a pipe to it. It may take as long as the file systems that it looks at: only here are
the paths of a command looked at, also to say what is wrong with them.
"""

from __future__ import annotations

# The wrappers in `signal` turn numbers into enums and back, which touches pages that a fresh fork shares.
import _signal  # type: ignore[import-not-found]
import errno
import os
import resource
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from attrs import evolve

from udaemon.child.dispositions import ALL_SIGNALS, PYTHON_IGNORES
from udaemon.child.identity import NOBODY_ELSE, IdentityRefused, become
from udaemon.policy.reasons import Trouble
from udaemon.system import oom
from udaemon.system.descriptors import close_others
from udaemon.system.executable import fault

if TYPE_CHECKING:
    from udaemon.engines.commands import Command

_ENTERED = b"+"
"""It is in its directory; what follows is the program."""
_LONGEST = 4000
"""Bytes of a refusal, so that the pipe takes it whole: less than PIPE_BUF (pipe(7))."""
_FAILED = 127

_RETRY = frozenset(
    {
        *(errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY, errno.EIO, errno.ENOSPC),
        *(errno.ESTALE, errno.ENOTCONN, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT),
        *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH),
    }
)
"""Errors that may pass by themselves. ETXTBSY is a program that is being written at this moment; those of the network
come from a file system whose server has gone."""
_REFUSED = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC})
_LOST = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES})
_AS_TOLD = {errno.ENOENT: "is not there"}
"""What the system's own words have said."""


def execute(
    command: Command,
    report: int,
    *,
    stdin: int,
    nofile: tuple[int, int] | None,
    oom_score: int | None,
    mask: Iterable[int],
) -> NoReturn:
    """Become the program. All signals are blocked until those that have our handlers have the default action again.

    Args:
        command: What to execute.
        report: The write end of a pipe, close-on-exec.
        stdin: Its standard input, where it is not in the foreground.
        nofile: Its RLIMIT_NOFILE, None for ours.
        oom_score: Its OOM score, None for ours.
        mask: The signals that it blocks.
    """
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    argv, entered = command.argv, False
    try:
        _have_default_signals(keep_ignored=command.foreground)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        _set_up(command, report, stdin, oom_score)
        if command.identity != NOBODY_ELSE:
            command = _become(command, nofile, limit[1])
            nofile = None
        os.chdir(command.cwd)
        entered = True
        os.write(report, _ENTERED)
        argv = tuple(argv if command.find_argv is None else command.find_argv())
        if nofile is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (nofile[0], limit[1]))
        _exec(argv, command)
    except BaseException as error:  # noqa: BLE001 - nothing may go back to where the parent goes on
        with suppress(BaseException):
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)  # or there are no descriptors to look with
            trouble, why = reason(argv, command, error, entered=entered)
            os.write(report, f"{trouble.value} {why}".encode("utf-8", "surrogateescape")[:_LONGEST])
    finally:
        os._exit(_FAILED)


def has_entered(said: bytes) -> bool:
    """Whether a process has told that it is in its directory."""
    return said.startswith(_ENTERED)


def refusal(said: bytes) -> tuple[Trouble, str] | None:
    """Read what a process has told to the end: why nothing was executed, None if it was."""
    trouble, _, why = said.removeprefix(_ENTERED).decode("utf-8", "replace").partition(" ")
    return (Trouble(trouble), why) if trouble else None


def _have_default_signals(*, keep_ignored: bool) -> None:
    """Take our handlers away, and what is ignored, unless that is meant for the program (nohup, in the foreground)."""
    _signal.set_wakeup_fd(-1)
    for number in ALL_SIGNALS:
        action = _signal.getsignal(number)
        ignored = action == _signal.SIG_IGN and keep_ignored and number not in PYTHON_IGNORES
        if action not in (_signal.SIG_DFL, None) and not ignored:
            _signal.signal(number, _signal.SIG_DFL)


def _set_up(command: Command, report: int, stdin: int, oom_score: int | None) -> None:
    if not command.foreground:
        os.setsid()
        for number, fd in enumerate((stdin, command.output, command.stderr)):
            os.dup2(fd, number)
    # At once: the locks and log pipes of others would be held for as long as the exec takes.
    close_others({0, 1, 2, report, *command.keep})
    for fd in command.keep:
        os.set_inheritable(fd, True)
    if command.umask >= 0:
        os.umask(command.umask)
    if oom_score is not None:
        oom.give("self", oom_score)


def _become(command: Command, nofile: tuple[int, int] | None, hard: int) -> Command:
    """Be who it is to run as. Returns the command with the variables that name that user."""
    if nofile is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (nofile[0], hard))
    named = become(command.identity)
    own = {name: value for name, value in named.items() if name not in command.given}
    return evolve(command, env={**command.env, **own})


def _exec(argv: tuple[str, ...], command: Command) -> None:
    """Execute it as execvp(3) does; of several errors the first counts that is more than its not being there."""
    if os.path.dirname(argv[0]):
        os.execve(argv[0], argv, command.env)
    first: OSError | None = None
    last: OSError | None = None
    for directory in os.get_exec_path(command.env):
        try:
            os.execve(os.path.join(directory, argv[0]), argv, command.env)
        except (FileNotFoundError, NotADirectoryError) as error:
            last = error
        except OSError as error:
            first = first or error
    raise first or last or FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def reason(
    argv: tuple[str, ...], command: Command, error: BaseException, *, entered: bool | None = None
) -> tuple[Trouble, str]:
    """Return what the system refused, and why as far as that can be seen.

    Args:
        argv: What was to be executed.
        command: How.
        error: What was raised.
        entered: Whether it was in its directory, None where that is not known.
    """
    program = argv[0] if argv else "?"
    if isinstance(error, ValueError):  # a NUL byte, which no argument or variable can hold
        return Trouble.CONFIG, f"exec {program!r}: {error}"
    if isinstance(error, IdentityRefused):
        return Trouble.RESOURCE if error.passes else Trouble.CONFIG, str(error)
    if not isinstance(error, OSError):
        return Trouble.RESOURCE, f"cannot be executed: {error!r}"
    number = error.errno or 0
    trouble = Trouble.RESOURCE if number in _RETRY else Trouble.CONFIG
    told = f"{os.strerror(number)} ({errno.errorcode.get(number, '?')})"
    if entered is None:
        entered = number not in _LOST or _can_enter(command.cwd)
    if not entered:
        return trouble, f"chdir {command.cwd}: {told}"
    found = fault(program, cwd=command.cwd, path=command.env.get("PATH")) if number in _REFUSED else None
    if found is not None and found.message != _AS_TOLD.get(number):
        told += f"; it {found.message}"
    if found is not None and found.hint is not None:
        told += f" ({found.hint})"
    return trouble, f"exec {program}: {told}"


def _can_enter(directory: str) -> bool:
    return os.path.isdir(directory) and os.access(directory, os.X_OK)
