"""`udaemon diff`: what an edit of the manifest would change of what runs.

Knows nothing of how it is put into effect: the supervisor reads the manifest and compares.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import data_format, write_json
from udaemon.cli.options import GlobalOptions
from udaemon.cli.plan import show_plan
from udaemon.errors import ExitCode


@click.command("diff")
@click.option("--exit-code", "tells", is_flag=True, help="Exit with 1 where there are changes.")
@data_format("table", "json")
@click.pass_obj
def command(options: GlobalOptions, *, tells: bool, form: str) -> int:
    """Show what differs between the manifest on disk and what runs; `udaemon apply` puts it into effect.

    Each change says when it takes effect: live, in the process that runs; at its next start; or by a restart.
    """
    with connect_supervisor(options) as client:
        client.be_patient()
        changes = client.ask("diff")
    differs = any(changes[kind] for kind in ("added", "removed", "changed", "manifest"))
    if form == "json":
        write_json(changes)
    else:
        show_plan(options, changes)
    return ExitCode.FAILED if tells and differs else ExitCode.OK
