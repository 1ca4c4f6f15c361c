"""`udaemon version`.

Knows nothing else.
"""

from __future__ import annotations

import sys

import click

from udaemon import __version__


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with Python's version and the platform.")
def command(*, as_json: bool) -> None:
    """Show the version of udaemon."""
    if as_json:
        import json

        python = ".".join(map(str, sys.version_info[:3]))
        sys.stdout.write(json.dumps({"version": __version__, "python": python, "platform": sys.platform}) + "\n")
    else:
        sys.stdout.write(f"udaemon {__version__}\n")
