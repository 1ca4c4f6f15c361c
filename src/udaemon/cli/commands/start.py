"""`udaemon start`: daemons shall be up.

Knows nothing of how one is started: the supervisor does it, and says what came of it.
"""

from __future__ import annotations

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import dry_run_option, names_argument, wait_timeout_option
from udaemon.cli.waiting import ask_or_show


@click.command("start")
@names_argument
@wait_timeout_option("the start")
@click.option("--no-deps", is_flag=True, help="Start only these, whatever they need.")
@dry_run_option
@click.pass_obj
def command(
    options: GlobalOptions, *, names: tuple[str, ...], wait_timeout: float | None, no_deps: bool, dry_run: bool
) -> int:
    """Start daemons and what they need, and wait until they run.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    One that runs already is left as it is.
    """
    would_be = "started" if dry_run else None
    return ask_or_show(options, "start", names, would_be=would_be, no_deps=no_deps, wait_timeout=wait_timeout)
