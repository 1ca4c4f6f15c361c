"""`udaemon start`: daemons shall be up.

Knows nothing of how one is started: the supervisor does it, and says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON, DURATION
from udaemon.cli.waiting import ask_and_wait, dry_run_option, show_dry_run


@click.command("start")
@click.argument("names", nargs=-1, required=True, type=DAEMON, metavar="NAME...")
@click.option("--wait-timeout", type=DURATION, metavar="T", help="Wait this long and no longer; the start goes on.")
@click.option("--no-deps", is_flag=True, help="Start only these, whatever they need.")
@dry_run_option
@click.pass_obj
def command(
    options: GlobalOptions, *, names: tuple[str, ...], wait_timeout: float | None, no_deps: bool, dry_run: bool
) -> int:
    """Start daemons and what they need, and wait until they run.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    One that runs already is left as it is.
    """
    with connect_supervisor(options) as client:
        if dry_run:
            return show_dry_run(client, options, names, "started")
        return ask_and_wait(client, options, "start", names=names, no_deps=no_deps, wait_timeout=wait_timeout)
