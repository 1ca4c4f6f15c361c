"""`udaemon wait`: until daemons are ready, have stopped, or have had a good run.

Knows nothing of what that means: the supervisor judges it.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import CONDITION, DURATION
from udaemon.cli.waiting import ask_and_wait


@click.command("wait")
@click.argument("name", type=CONDITION, metavar="NAME[@ready|stopped|run-ok]")
@click.option("--timeout", type=DURATION, metavar="T", help="Give up after this long, with exit code 124.")
@click.pass_obj
def command(options: GlobalOptions, *, name: str, timeout: float | None) -> int:
    """Wait until every instance of a daemon is ready, is stopped, or has had a good run.

    Without a condition it waits for ready. A daemon that gave up will not be ready: that ends the wait with 1.
    """
    daemon, _at, until = name.partition("@")
    with connect_supervisor(options) as client:
        return ask_and_wait(client, options, "wait", names=[daemon], until=until or "ready", timeout=timeout)
