"""How an error is shown: one line, a hint, and for a manifest every problem with its place.

Knows nothing of how errors come about.
"""

from __future__ import annotations

import os
import sys

import click

from udaemon.cli.options import color
from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.ui.escape import escape


def show_error(error: UdaemonError | click.ClickException) -> int:
    """Write an error to stderr, and return the exit code that goes with it."""
    choice = color(None, os.environ)
    tinted = choice == "always" or (choice == "auto" and sys.stderr.isatty())
    if isinstance(error, click.ClickException):
        at = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "udaemon"
        sys.stderr.write(_text(error.format_message(), f"see {at} --help", tinted=tinted))
        return ExitCode.USAGE
    if isinstance(error, ManifestError):
        from udaemon.manifest.report import as_text

        sys.stderr.write(as_text(error.problems, getattr(error, "sources", {}), os.getcwd(), color=tinted))
    else:
        sys.stderr.write(_text(error.message, error.hint, tinted=tinted))
    return error.exit_code


def _text(message: str, hint: str | None, *, tinted: bool) -> str:
    red, plain = ("\033[1;31m", "\033[0m") if tinted else ("", "")
    told = f"{red}udaemon:{plain} {escape(message)}\n"
    return f"{told}  hint: {escape(hint)}\n" if hint else told
