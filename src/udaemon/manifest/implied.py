"""Environment variables that a daemon gets although no manifest says so.

Knows nothing of how an environment is put together; whoever does it, or shows it, asks here.
"""

from __future__ import annotations

from collections.abc import Mapping

from udaemon.manifest.model import Daemon

_COMMAND = {"PYTHONUNBUFFERED": "1"}
"""Python keeps back what it prints into a pipe until there are 8 KiB of it, and a log would be silent for hours."""


def implied(daemon: Daemon, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return what a daemon gets that neither it nor the environment it inherits has set, be it to nothing."""
    added = _COMMAND if daemon.kind == "command" else {}
    return {name: value for name, value in added.items() if name not in daemon.env and name not in inherited}
