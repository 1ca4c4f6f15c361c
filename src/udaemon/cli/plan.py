"""Shows what an edit of the manifest, or another number of instances, changes of what runs.

Knows no verb and no supervisor: the changes come as `diff` answers them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.units import counted


def show_plan(options: GlobalOptions, changes: Mapping[str, Any]) -> None:
    """Write it to stdout, for people."""
    from udaemon.cli.data_format import terminal_width
    from udaemon.ui.changes import lines

    sys.stdout.writelines(lines(changes, terminal_width(), color=options.colors(sys.stdout.isatty())))
    sys.stdout.flush()  # what comes of it goes to stderr, and later


def show_scaled(options: GlobalOptions, scaled: Sequence[Mapping[str, Any]]) -> None:
    """Say how many instances each daemon has now."""
    for one in scaled:
        same = one["before"] == one["after"]
        said = f"has {one['after']} already" if same else f"{one['before']} → {counted(one['after'], 'instance')}"
        say(options, f"{one['name']} {said}")
