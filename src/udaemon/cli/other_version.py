"""Tells where the supervisor that runs is another version than the command that asks it: an upgrade is half done.

Knows nothing of how one is done.
"""

from __future__ import annotations

from udaemon import __version__
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say


def tell_other_version(options: GlobalOptions, version: str | None) -> None:
    """Say so, where that is known and another one than ours."""
    if version is not None and version != __version__:
        say(options, f"the supervisor runs udaemon {version}, this is {__version__}; udaemon reexec replaces it")
