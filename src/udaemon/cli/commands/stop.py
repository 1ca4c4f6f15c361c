"""`udaemon stop`: daemons shall be down.

Knows nothing of how one is stopped: the supervisor does it, and says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON, DURATION
from udaemon.cli.waiting import ask_and_wait, dry_run_option, show_dry_run


@click.command("stop")
@click.argument("names", nargs=-1, required=True, type=DAEMON, metavar="NAME...")
@click.option("-t", "--timeout", type=DURATION, metavar="T", help="Kill after this long, in place of stop.timeout.")
@click.option("--wait-timeout", type=DURATION, metavar="T", help="Wait this long and no longer; the stop goes on.")
@dry_run_option
@click.pass_obj
def command(
    options: GlobalOptions, *, names: tuple[str, ...], timeout: float | None, wait_timeout: float | None, dry_run: bool
) -> int:
    """Stop daemons, and wait until nothing of them lives.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    A run under way is finished first. One that does not run is left as it is; one that waits to be started again no
    longer does.
    """
    with connect_supervisor(options) as client:
        if dry_run:
            return show_dry_run(client, options, names, "stopped")
        return ask_and_wait(client, options, "stop", names=names, timeout=timeout, wait_timeout=wait_timeout)
