"""`udaemon down`: everything shall stop, the supervisor too.

Knows nothing of how that is done; it is over when the supervisor's process has ended.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DURATION
from udaemon.cli.settled import settled
from udaemon.cli.target import supervisor


@click.command("down")
@click.option("-t", "--timeout", type=DURATION, metavar="T", help="Kill after this long, in place of stop.timeout.")
@click.pass_obj
def command(options: GlobalOptions, *, timeout: float | None) -> int:
    """Stop all daemons and the supervisor, and wait until it has ended."""
    with supervisor(options) as client:
        code = settled(client, options, "down", timeout=timeout)
        client.wait_for_end()
        return code
