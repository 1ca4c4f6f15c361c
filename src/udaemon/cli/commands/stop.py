"""`udaemon stop`: daemons shall be down.

Knows nothing of how one is stopped: the supervisor does it, and says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, kill_after_option, names_argument, wait_timeout_option
from udaemon.cli.waiting import ask_or_show


@click.command("stop")
@names_argument
@kill_after_option
@wait_timeout_option("the stop")
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
    would_be = "stopped" if dry_run else None
    return ask_or_show(options, "stop", names, would_be=would_be, timeout=timeout, wait_timeout=wait_timeout)
