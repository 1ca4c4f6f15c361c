"""`udaemon reexec`: the code that is installed now takes over from the supervisor, and no daemon notices.

Knows nothing of how: the supervisor sees to it that the other one can, and stays where it cannot.
"""

from __future__ import annotations

from typing import Any

import click

from udaemon import __version__
from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.errors import ExitCode


@click.command("reexec")
@click.option("--dry-run", is_flag=True, help="See whether the installed version could take over, and do nothing.")
@click.pass_obj
def command(options: GlobalOptions, *, dry_run: bool) -> int:
    """Replace the supervisor, its keeper, logger and zygotes by the version that is installed now.

    Daemons go on as they are: same processes, counters, waits and stops under way, no line of a log lost. The installed
    version is started beside the present one and rehearses first; one that cannot take over changes nothing. A project
    in the foreground cannot be handed over.
    """
    with connect_supervisor(options) as client:
        was = client.ask("hello")
        client.be_patient()
        told = client.ask("reexec", dry_run=dry_run)
        if dry_run:
            say(options, f"udaemon {told['to']['version']} would take over {was['project']} from {_who(was)}")
            _tell_forms(options, told["to"])
            return ExitCode.OK
        client.wait_for_end()
    with connect_supervisor(options) as client:
        now = client.ask("hello")
    say(options, f"{now['project']} is supervised by {_who(now)}, in place of {_who(was)}")
    if now["version"] != __version__:
        say(options, f"this is udaemon {__version__}: what is installed for the supervisor is another one")
    return ExitCode.OK


def _who(hello: dict[str, Any]) -> str:
    return f"pid {hello['pid']}, udaemon {hello['version']}"


def _tell_forms(options: GlobalOptions, versions: dict[str, Any]) -> None:
    forms = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "version")
    say(options, f"it knows the forms of what is there: {forms}")
