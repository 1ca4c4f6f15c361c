"""What a verb says beside its data: lines on stderr, quiet and coloured as asked.

Knows no verb.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from udaemon.cli.options import GlobalOptions

if TYPE_CHECKING:
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
    with suppress(OSError):  # a full disk behind it: what was asked for is done all the same
        sys.stderr.write(f"{line}\n")


def tell_unreadable(options: GlobalOptions, source: LogSource, error: OSError) -> None:
    """Say that a log cannot be read: the daemon, the file and the reason."""
    from udaemon.system import oserror

    reason = oserror.named_reason(error)
    say(options, f"{source.name}: {error.filename or source.path} cannot be read: {reason}", failed=True)
