"""`udaemon resume`: daemons that were paused shall begin runs again.

Knows no schedule: the supervisor says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, names_argument
from udaemon.cli.run_control import ask_about_runs


@click.command("resume")
@names_argument
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], dry_run: bool) -> int:
    """Begin runs again after `udaemon pause`.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    What came due meanwhile is one run, at once.

    \b
    Examples:
      udaemon resume mailer
      udaemon resume '*'
    """  # noqa: D301 - click has it that the lines below are kept
    return ask_about_runs(options, "resume", names, would_be="resumed" if dry_run else None)
