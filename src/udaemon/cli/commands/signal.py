"""`udaemon signal`: one signal to daemons' processes.

Knows no pid: the supervisor sends it.
"""

from __future__ import annotations

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.parameters import SIGNAL, dry_run_option, names_argument
from udaemon.cli.waiting import show_dry_run
from udaemon.errors import ExitCode


@click.command("signal")
@click.argument("signal", type=SIGNAL, metavar="SIG")
@names_argument
@dry_run_option
@click.pass_obj
def command(options: GlobalOptions, *, signal: str, names: tuple[str, ...], dry_run: bool) -> int:
    """Send a signal to the process of each instance.

    SIG is a name with or without SIG (HUP, sigusr1), or a number. What udaemon wants of a daemon stays the same: one
    that ends by a signal is started again as `restart` says. It fails when none of the instances has a process.
    """
    with connect_supervisor(options) as client:
        if dry_run:
            return show_dry_run(client, options, names, f"sent {signal}")
        answer = client.ask("signal", signal=signal, names=names)
    for name in answer["sent"]:
        say(options, f"{name} got SIG{answer['signal']}")
    for name in answer["not_running"]:
        say(options, f"{name} has no process", failed=not answer["sent"])
    return ExitCode.OK if answer["sent"] else ExitCode.FAILED
