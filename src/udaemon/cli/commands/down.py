"""`udaemon down`: everything shall stop, the supervisor too.

Knows nothing of how that is done; it is over when the supervisor's process has ended.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.parameters import DURATION
from udaemon.cli.waiting import ask_and_wait, dry_run_option, show_dry_run
from udaemon.control.client import SupervisorGone
from udaemon.errors import ExitCode, UdaemonError


@click.command("down")
@click.option("-t", "--timeout", type=DURATION, metavar="T", help="Kill after this long, in place of stop.timeout.")
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, timeout: float | None, dry_run: bool) -> int:
    """Stop all daemons and the supervisor, and wait until it has ended; where none runs there is nothing to do.

    Fails when output of a daemon had to be given up, because its disk stayed full, or when a process cannot be killed.
    """
    try:
        client = connect_supervisor(options)
    except UdaemonError as error:
        if error.exit_code != ExitCode.NOT_RUNNING:
            raise
        say(options, error.message)
        return ExitCode.OK
    with client:
        if dry_run:
            return show_dry_run(client, options, (), "stopped")
        try:
            code = ask_and_wait(client, options, "down", timeout=timeout)
        except SupervisorGone:  # somebody else's `down` was a moment earlier, and this is what was asked for
            return ExitCode.OK
        lost = [text for told in client.wait_for_end() for text in told.get("lost", ())]
        for text in lost:
            say(options, text, failed=True)
        return ExitCode.FAILED if lost else code
