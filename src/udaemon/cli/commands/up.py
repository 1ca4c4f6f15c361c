"""`udaemon up`: a supervisor for the project, and its daemons started.

Knows only its options: the supervisor's process is on its way before anything heavy is imported here.
"""

from __future__ import annotations

import time

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON, DURATION
from udaemon.service.spawn_supervisor import is_kept, launched


@click.command("up")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME]...")
@click.option("-d", "--detach", is_flag=True, help="Leave the daemons running in the background.")
@click.option(
    "--wait", is_flag=True, help="Wait until every daemon is up, as -d: ready, has ended well, or has had a good run."
)
@click.option("--wait-timeout", type=DURATION, metavar="T", help="With --wait: give up waiting, with exit code 124.")
@click.option("--no-deps", is_flag=True, help="Start only those named, whatever they need.")
@click.option(
    "--exit-code-from",
    type=DAEMON,
    metavar="NAME",
    help="Stop everything when NAME has ended for good, and exit with its code.",
)
@click.option(
    "--log-format",
    type=click.Choice(("plain", "json")),
    default="plain",
    help="json: each line and each event as an object on standard output, as containers want it.",
)
@click.pass_obj
def command(
    options: GlobalOptions,
    *,
    names: tuple[str, ...],
    detach: bool,
    wait: bool,
    wait_timeout: float | None,
    no_deps: bool,
    exit_code_from: str | None,
    log_format: str,
) -> int:
    """Start the project: every daemon that starts by itself, or those named, and what they need.

    In the foreground it shows progress, then the logs; Ctrl-C stops everything, a second Ctrl-C kills. With -d the
    daemons go on in the background until `udaemon down`.

    --wait leaves them in the background when each is there for what it is for: a service is ready, a command with
    restart = "never" has ended well, and what has runs has had a good one, if the first is due at the start. It fails
    when one gives up.
    """
    began = time.monotonic()
    detach = detach or wait
    if detach and (exit_code_from is not None or log_format != "plain"):
        raise click.UsageError("--exit-code-from and --log-format are for the foreground: leave out -d and --wait")
    with launched(kept=is_kept(detach=detach)) as launch:
        from udaemon.cli.up import Start, bring_up

        start = Start(began, names, no_deps, wait, wait_timeout)
        as_json = log_format == "json"
        return bring_up(launch, options, start, detach=detach, as_json=as_json, exit_code_from=exit_code_from)
