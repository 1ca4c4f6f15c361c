"""`udaemon down`: everything shall stop, the supervisor too.

Knows nothing of how that is done: `bring_down.py` asks for it.
"""

from __future__ import annotations

import click

from udaemon.cli.bring_down import bring_down
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, kill_after_option


@click.command("down")
@kill_after_option
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, timeout: float | None, dry_run: bool) -> int:
    """Stop all daemons and the supervisor, and wait until it has ended; where none runs there is nothing to do.

    Fails when output of a daemon had to be given up, because its disk stayed full, or when a process cannot be killed.
    """
    return bring_down(options, timeout=timeout, dry_run=dry_run)
