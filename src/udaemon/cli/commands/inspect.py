"""`udaemon inspect`: everything known of a daemon, as JSON.

Knows nothing of it: the supervisor does, and tells of an environment only the names.
"""

from __future__ import annotations

import json
import sys

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON
from udaemon.cli.target import supervisor


@click.command("inspect")
@click.argument("name", type=DAEMON, metavar="NAME")
@click.pass_obj
def command(options: GlobalOptions, *, name: str) -> None:
    """Show what is declared of a daemon, what its instances are, and what happened to them of late.

    Of environment variables and parameters only the names are told, never a value.
    """
    with supervisor(options) as client:
        answer = client.ask("inspect", name=name)
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
