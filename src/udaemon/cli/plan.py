"""Shows what an edit of the manifest changes, or would change, of what runs.

Knows no verb and no supervisor: the changes come as `diff` answers them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from udaemon.cli.options import GlobalOptions


def show_plan(options: GlobalOptions, changes: Mapping[str, Any]) -> None:
    """Write it to stdout, for people."""
    from udaemon.ui.changes import lines

    sys.stdout.writelines(lines(changes, color=options.colors(sys.stdout.isatty())))
    sys.stdout.flush()  # what comes of it goes to stderr, and later
