"""`udaemon restart`: daemons shall be up, in a new process.

Knows nothing of how one is stopped or started: the supervisor does it, and says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, names_argument, wait_timeout_option
from udaemon.cli.waiting import ask_or_show


@click.command("restart")
@names_argument
@click.option(
    "--rolling",
    is_flag=True,
    help="One instance at a time, after its run; the next one once it is ready; until one fails.",
)
@wait_timeout_option("the restart", ", a --rolling one with the instance under way only")
@dry_run_option
@click.pass_obj
def command(
    options: GlobalOptions, *, names: tuple[str, ...], rolling: bool, wait_timeout: float | None, dry_run: bool
) -> int:
    """Stop daemons, start them anew with the code that is on disk now, and wait until they run.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1). One that does not run is started.
    A --rolling restart waits for the end of each run, however long that takes. Ctrl-C ends it: the instance under way
    comes back, and no other one is touched.

    \b
    Examples:
      udaemon restart mailer
      udaemon restart --rolling 'web*'
    """  # noqa: D301 - click has it that the lines below are kept
    would_be = "restarted" if dry_run else None
    return ask_or_show(options, "restart", names, would_be=would_be, rolling=rolling, wait_timeout=wait_timeout)
