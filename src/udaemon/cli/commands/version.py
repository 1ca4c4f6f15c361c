"""`udaemon version`, and that of the supervisor, where that is another one.

Knows nothing else.
"""

from __future__ import annotations

import os
import sys

import click

from udaemon import __version__
from udaemon.cli.options import GlobalOptions

_ANSWERS_WITHIN = 1.0
"""Seconds: nobody waits for a supervisor that is stopped to learn what is installed."""


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with Python's version and the platform.")
@click.pass_obj
def command(options: GlobalOptions, *, as_json: bool) -> None:
    """Show the version of udaemon, and that of the project's supervisor where it is another one."""
    if as_json:
        import json

        python = ".".join(map(str, sys.version_info[:3]))
        told = {"version": __version__, "python": python, "platform": sys.platform, "supervisor": _running(options)}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        from udaemon.cli.output import tell_other_version

        sys.stdout.write(f"udaemon {__version__}\n")
        sys.stdout.flush()
        tell_other_version(options, _running(options))


def _running(options: GlobalOptions) -> str | None:
    """The version of the one supervisor that is meant here; None where there is none, or several."""
    from udaemon.control.running import meant
    from udaemon.errors import UdaemonError
    from udaemon.manifest.find import find

    version: str | None = None
    try:
        found = meant(find(options.files, os.environ, os.getcwd())[0], options.project, _ANSWERS_WITHIN)
        versions = {client.ask("hello")["version"] for _name, client in found}
        version = versions.pop() if len(versions) == 1 else None
    except (UdaemonError, OSError):  # it is not for the version of what is installed to fail
        pass
    return version
