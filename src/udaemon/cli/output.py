"""Messages of a verb beside its data, and errors: lines on stderr, quiet and coloured as asked.

Knows no verb, and nothing of how errors come about.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from udaemon import __version__
from udaemon.cli.options import GlobalOptions, color
from udaemon.errors import ExitCode, ManifestError, UdaemonError

if TYPE_CHECKING:
    import click

    from udaemon.logs.tail import LogSource

_RED, _PLAIN = "\033[31m", "\033[0m"


def say(options: GlobalOptions, text: str, *, failed: bool = False) -> None:
    """Write a line to stderr; with `-q` only what failed."""
    if options.quiet and not failed:
        return
    from udaemon.ui.escape import escape  # a verb that only prints data does without

    line = escape(text)
    if failed and options.colors(sys.stderr.isatty()):
        line = f"{_RED}{line}{_PLAIN}"
    write_stderr(f"{line}\n")


def write_stderr(text: str) -> None:
    """Write it, unless there is a full disk behind or nobody reads on: the exit code says the same in any case."""
    with suppress(OSError):
        sys.stderr.write(text)


def show_error(error: UdaemonError | click.ClickException, asked: str | None = None) -> int:
    """Write an error to stderr: one line, a hint, and for a manifest every problem with its place.

    Args:
        error: What went wrong.
        asked: What `--color` says, None where it is not there.

    Returns:
        The exit code that goes with it.
    """
    choice = color(asked, os.environ)
    tinted = choice == "always" or (choice == "auto" and sys.stderr.isatty())
    if isinstance(error, ManifestError):
        from udaemon.cli.data_format import terminal_width
        from udaemon.manifest.report import as_text

        sources = getattr(error, "sources", {})
        write_stderr(as_text(error.problems, sources, os.getcwd(), color=tinted, columns=terminal_width(sys.stderr)))
        return error.exit_code
    if isinstance(error, UdaemonError):
        write_stderr(_error(error.message, error.hint, tinted=tinted))
        return error.exit_code
    context = getattr(error, "ctx", None)  # a mistake of usage has one
    write_stderr(
        _error(
            " ".join(map(str.strip, error.format_message().splitlines())),
            f"see {context.command_path if context else 'udaemon'} --help",
            tinted=tinted,
        )
    )
    return ExitCode.USAGE


def tell_unreadable(options: GlobalOptions, source: LogSource, error: OSError) -> None:
    """Say that a log cannot be read: the daemon, the file and the reason."""
    from udaemon.system import oserror

    reason = oserror.named_reason(error)
    say(options, f"{source.name}: {error.filename or source.path} cannot be read: {reason}", failed=True)


def tell_other_version(options: GlobalOptions, version: str | None) -> None:
    """Say so where the supervisor is known to be another version than this: an upgrade is half done."""
    if version is not None and version != __version__:
        say(options, f"the supervisor runs udaemon {version}, this is {__version__}; udaemon reexec replaces it")


def _error(message: str, hint: str | None, *, tinted: bool) -> str:
    from udaemon.ui.escape import escape

    red, plain = ("\033[1;31m", "\033[0m") if tinted else ("", "")
    line = f"{red}udaemon:{plain} {escape(message)}\n"
    return f"{line}  hint: {escape(hint)}\n" if hint else line
