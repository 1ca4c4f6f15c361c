"""Errors that an operator can cause, and the exit codes that go with them.

Knows nothing of how an error is shown. Imports no third-party package: every client verb loads this module.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class ExitCode(IntEnum):
    """What a verb's exit status means (docs/reference/contract.md, "Exit codes")."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    NO_SUCH_DAEMON = 4
    TIMED_OUT = 124
    INTERRUPTED = 130


class Problem(NamedTuple):
    """One thing that is wrong in a manifest.

    `path` is the dotted key path (`daemons.mailer.sleep`). `line` and `column` count from 1 and point at the key
    where the key is wrong, at the value where the value is; both are None where no place in a file can be named.
    """

    code: str
    message: str
    hint: str | None = None
    path: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    severity: str = "error"


class UdaemonError(Exception):
    """An error the operator can cause and mend: one line, a hint, an exit code."""

    def __init__(self, message: str, hint: str | None = None, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class NotRunning(UdaemonError):
    """No supervisor runs."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint, ExitCode.NOT_RUNNING)


class NoSuchDaemon(UdaemonError):
    """A name fits no daemon, or no instance of one."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint, ExitCode.NO_SUCH_DAEMON)


class WaitTimedOut(UdaemonError):
    """What was waited for did not come in time. What was asked for goes on."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint, ExitCode.TIMED_OUT)


def error_of(message: str, hint: str | None, exit_code: ExitCode) -> UdaemonError:
    """The error with this exit code, by its own class where there is one."""
    match exit_code:
        case ExitCode.NOT_RUNNING:
            return NotRunning(message, hint)
        case ExitCode.NO_SUCH_DAEMON:
            return NoSuchDaemon(message, hint)
        case ExitCode.TIMED_OUT:
            return WaitTimedOut(message, hint)
        case _:
            return UdaemonError(message, hint, exit_code)


class ManifestError(UdaemonError):
    """A manifest that cannot be used, with every problem that was found in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} in the manifest",
            exit_code=ExitCode.USAGE,
        )
        self.problems = problems
