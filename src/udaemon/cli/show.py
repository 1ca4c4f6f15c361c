"""How an error is shown: one line, a hint, and for a manifest every problem.

Knows nothing of how errors come about.
"""

from __future__ import annotations

import sys

from udaemon.errors import UdaemonError
from udaemon.ui.escape import escape


def show_error(error: UdaemonError) -> None:
    """Write an error to stderr."""
    lines = [f"udaemon: {escape(error.message)}"]
    if error.hint:
        lines.append(f"  hint: {escape(error.hint)}")
    sys.stderr.write("\n".join(lines) + "\n")
