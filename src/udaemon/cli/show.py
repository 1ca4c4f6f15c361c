"""How an error is shown: one line, a hint, and for a manifest every problem with its place.

Knows nothing of how errors come about.
"""

from __future__ import annotations

import os
import sys

from udaemon.errors import ManifestError, UdaemonError
from udaemon.ui.escape import escape


def show_error(error: UdaemonError, *, color: bool = False) -> None:
    """Write an error to stderr."""
    if isinstance(error, ManifestError):
        from udaemon.manifest.report import as_text

        sources = getattr(error, "sources", {})
        sys.stderr.write(as_text(error.problems, sources, os.getcwd(), color=color))
        return
    show(error.message, error.hint, color=color)


def show(message: str, hint: str | None = None, *, color: bool = False) -> None:
    """Write a message, and what may help."""
    red, plain = ("\033[1;31m", "\033[0m") if color else ("", "")
    lines = [f"{red}udaemon:{plain} {escape(message)}"]
    if hint:
        lines.append(f"  hint: {escape(hint)}")
    sys.stderr.write("\n".join(lines) + "\n")
