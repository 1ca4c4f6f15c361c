"""The logger's process: its limits, and its loop round the socket that it was started with.

Knows nothing of what the loop does.
"""

from __future__ import annotations

import _socket
import contextlib
import os
import sys

from udaemon.logs.logger import Logger


def main() -> None:
    """Run with the control socket as standard input."""
    import resource  # its only use

    os.umask(0o027)
    os.chdir("/")
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):  # the latter holds for the journal's memory, too
        _, hard = resource.getrlimit(limit)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (hard, hard))
    Logger(_socket.socket(fileno=0)).run()
    sys.stderr.flush()
    os._exit(0)  # a supervisor that ends waits for this, and the interpreter would tidy up for a while
