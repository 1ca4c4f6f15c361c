"""`udaemon ls`: the projects of this user that run.

Knows no project: each supervisor says who it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from udaemon.cli.data_format import data_format, terminal_width, write_json
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.control.running import running
from udaemon.errors import UdaemonError


@click.command("ls")
@click.option("-a", "--all", "everywhere", is_flag=True, help="Those of other sessions of this user, too.")
@data_format("table", "json", "jsonl")
@click.pass_obj
def command(options: GlobalOptions, *, everywhere: bool, form: str) -> None:
    """List the projects that run, whatever directory they are in.

    A session is a run directory: su, cron and ssh may have another XDG_RUNTIME_DIR.
    """
    projects = []
    for _name, client in running(everywhere=everywhere):
        with client:
            try:
                projects.append(client.ask("hello"))
            except UdaemonError as error:
                say(options, f"a supervisor is left out: {error.message}", failed=True)
    if form == "json":
        write_json(projects)
    elif form == "jsonl":
        sys.stdout.writelines(json.dumps(project) + "\n" for project in projects)
    elif projects:
        _write_table(options, projects)
    else:
        say(options, "no project runs")


def _write_table(options: GlobalOptions, projects: Sequence[dict[str, Any]]) -> None:
    from udaemon.ui.ls import table

    sys.stdout.write(table(projects, terminal_width(), color=options.colors(sys.stdout.isatty())))
