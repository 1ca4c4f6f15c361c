"""What a verb can name of a project, daemons, tags and instances, for a shell's completion: never an error.

Knows no shell.
"""

from __future__ import annotations

from collections.abc import Sequence

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.errors import UdaemonError


def nameable(options: GlobalOptions, begun: str, *, one: bool = False) -> Sequence[str]:
    """Ask the running supervisor; without one, read the manifest; without that, there are none.

    Args:
        options: Which project it is.
        begun: What is written already: behind a slash instances are meant.
        one: Whether only a daemon can be named.
    """
    daemons, selectors = _known(options)
    if one:
        return [*daemons]
    name, slash, _ = begun.partition("/")
    return [f"{name}/{index}" for index in range(daemons.get(name, 0))] if slash else selectors


def _known(options: GlobalOptions) -> tuple[dict[str, int], list[str]]:
    """Each daemon with the number of its instances, and all that can be named instead of them."""
    try:
        with connect_supervisor(options) as client:
            told = client.ask("hello")
            return dict(told["daemons"]), list(told["selectors"])
    except (UdaemonError, OSError):
        return _declared(options)


def _declared(options: GlobalOptions) -> tuple[dict[str, int], list[str]]:
    from udaemon.cli.load import load_manifest
    from udaemon.manifest.selection import selectors

    try:
        manifest = load_manifest(options)
    except (UdaemonError, OSError):
        return {}, []
    return {name: daemon.instances for name, daemon in manifest.daemons.items()}, selectors(manifest.daemons)
