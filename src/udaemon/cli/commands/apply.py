"""`udaemon apply`: puts an edit of the manifest into effect.

Knows nothing of how: the supervisor reads the manifest, compares, and changes what it must.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import now_option, wait_timeout_option
from udaemon.cli.plan import show_plan
from udaemon.cli.waiting import ask_and_wait
from udaemon.errors import ExitCode


@click.command("apply")
@now_option
@wait_timeout_option("the change")
@click.option("--dry-run", is_flag=True, help="Show the plan, and do nothing.")
@click.pass_obj
def command(options: GlobalOptions, *, now: bool, wait_timeout: float | None, dry_run: bool) -> int:
    """Read the manifest anew, and change what runs so that it is as the manifest says.

    Shows the plan, as `udaemon diff` does, and carries it out: daemons that are added start, those that are removed
    stop, and of the others only those restart whose processes cannot take up what has changed. A task restarts between
    two of its runs, however long the present one takes. A manifest that has an error changes nothing.
    """
    with connect_supervisor(options) as client:
        client.be_patient()
        if dry_run:
            show_plan(options, client.ask("diff"))
            return ExitCode.OK
        return ask_and_wait(client, options, "apply", now=now, wait_timeout=wait_timeout)
