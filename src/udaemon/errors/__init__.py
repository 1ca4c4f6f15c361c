"""Errors that an operator can cause, and the exit codes that go with them.

Knows nothing of how an error is shown. Imports no third-party package: every client verb loads this module.
"""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False  # a verb that reads no manifest is spared `typing`
if TYPE_CHECKING:
    from udaemon.errors.problem import ManifestError, Problem

__all__ = [
    "ExitCode",
    "ManifestError",
    "NoSuchDaemon",
    "NotRunning",
    "Problem",
    "UdaemonError",
    "WaitTimedOut",
    "error_of",
]


class ExitCode(IntEnum):
    """What a verb's exit status means (docs/reference/contract.md, "Exit codes")."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    NO_SUCH_DAEMON = 4
    TIMED_OUT = 124
    INTERRUPTED = 130


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


if not TYPE_CHECKING:  # else it would stand for any name

    def __getattr__(name):
        if name not in {"ManifestError", "Problem"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from udaemon.errors import problem

        return getattr(problem, name)
