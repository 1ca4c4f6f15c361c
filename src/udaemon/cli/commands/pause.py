"""`udaemon pause`: daemons shall begin no run.

Knows no schedule: the supervisor says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, names_argument
from udaemon.cli.run_control import ask_about_runs


@click.command("pause")
@names_argument
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], dry_run: bool) -> int:
    """Let runs that go on end, and begin no more until `udaemon resume`.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    Processes stay as they are, and a restart does not end the pause. `udaemon kick` runs one all the same.

    \b
    Examples:
      udaemon pause mailer
      udaemon pause tag:nightly
    """  # noqa: D301 - click has it that the lines below are kept
    return ask_about_runs(options, "pause", names, would_be="paused" if dry_run else None)
