"""`udaemon kick`: daemons shall have a run now.

Knows no schedule: the supervisor says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, names_argument
from udaemon.cli.run_control import ask_about_runs


@click.command("kick")
@names_argument
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], dry_run: bool) -> int:
    """Have a run now, whatever the schedule says; the next one is due when it was.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    Where a run goes on, there is one more after it.

    \b
    Examples:
      udaemon kick report
      udaemon kick mailer/1 'nightly-*'
    """  # noqa: D301 - click has it that the lines below are kept
    return ask_about_runs(options, "kick", names, would_be="kicked" if dry_run else None)
