"""`udaemon scale`: daemons shall have another number of instances.

Knows no instance: the supervisor adds and takes away, and says what came of it.
"""

from __future__ import annotations

from typing import Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.parameters import NUMBER_OF, now_option, wait_timeout_option
from udaemon.cli.waiting import ask_and_wait
from udaemon.errors import ExitCode


@click.command("scale")
@click.argument("numbers", nargs=-1, required=True, type=NUMBER_OF, metavar="NAME=N...")
@now_option
@wait_timeout_option("the change")
@click.option("--dry-run", is_flag=True, help="Tell which instances would be started and stopped, and do nothing.")
@click.pass_obj
def command(
    options: GlobalOptions,
    *,
    numbers: tuple[tuple[str, int], ...],
    now: bool,
    wait_timeout: float | None,
    dry_run: bool,
) -> int:
    """Have N instances of a daemon up, whatever the manifest says, until the next `udaemon apply`.

    NAME is a daemon, a glob ('mail*') or a tag (tag:mail); N may be 0. Those that lack are started, those with the
    highest numbers stop after their run, and all others go on as they are. `udaemon ps` shows the drift.

    \b
    Examples:
      udaemon scale mailer=4
      udaemon scale mailer=0 'tag:web=2' --dry-run
    """  # noqa: D301 - click has it that the lines below are kept
    instances = dict(numbers)
    if len(instances) != len(set(numbers)):
        raise click.UsageError("one name has two numbers")
    with connect_supervisor(options) as client:
        if dry_run:
            return _show(options, client.ask("scale", instances=instances, dry_run=True))
        return ask_and_wait(client, options, "scale", instances=instances, now=now, wait_timeout=wait_timeout)


def _show(options: GlobalOptions, told: dict[str, Any]) -> ExitCode:
    for word in ("started", "stopped"):
        for key in told[word]:
            say(options, f"{key} would be {word}")
    if not told["started"] and not told["stopped"]:
        say(options, "nothing would change")
    return ExitCode.OK
