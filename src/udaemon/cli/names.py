"""What a verb can name of a project, daemons and tags, for a shell's completion: quickly, and never an error.

Knows no shell.
"""

from __future__ import annotations

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.errors import UdaemonError


def nameable(options: GlobalOptions) -> list[str]:
    """Ask the running supervisor; without one, read the manifest; without that, there are none."""
    try:
        with connect_supervisor(options) as client:
            return list(client.ask("hello")["selectors"])
    except (UdaemonError, OSError):
        return _declared(options)


def _declared(options: GlobalOptions) -> list[str]:
    from udaemon.cli.load import load_manifest
    from udaemon.manifest.selection import selectors

    try:
        manifest = load_manifest(options)
    except (UdaemonError, OSError):
        return []
    return selectors(manifest.daemons)
