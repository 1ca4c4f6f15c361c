"""`udaemon inspect`: everything known of a daemon, as JSON.

Knows nothing of it: the supervisor does, and sends of an environment only the names.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import write_json
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON


@click.command("inspect")
@click.argument("name", type=DAEMON, metavar="NAME")
@click.pass_obj
def command(options: GlobalOptions, *, name: str) -> None:
    """Show what is declared of a daemon, what its instances are, and what happened to them of late.

    Of environment variables and parameters only the names are shown, never a value.
    """
    with connect_supervisor(options) as client:
        answer = client.ask("inspect", name=name)
    write_json(answer)
