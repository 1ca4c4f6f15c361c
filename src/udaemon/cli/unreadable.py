"""A log that cannot be read, in a line on stderr.

Knows nothing of what is read instead.
"""

from __future__ import annotations

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.logs.tail import LogSource
from udaemon.system import oserror


def tell_unreadable(options: GlobalOptions, source: LogSource, error: OSError) -> None:
    """Name the daemon, the file and the reason."""
    reason = oserror.named_reason(error)
    say(options, f"{source.name}: {error.filename or source.path} cannot be read: {reason}", failed=True)
