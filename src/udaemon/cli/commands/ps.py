"""`udaemon ps`: what every instance is doing.

Knows no instance: it shows what the supervisor sends.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import data_format, terminal_width
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say, tell_other_version
from udaemon.cli.parameters import DAEMON
from udaemon.control.drift import marked
from udaemon.errors import ExitCode


@click.command("ps")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME]...")
@click.option("-q", "only_names", is_flag=True, help="Only the instances' names, one a line.")
@click.option("--check", is_flag=True, help="Exit with 1 unless every wanted instance runs and is not failing.")
@data_format("table", "wide", "json", "jsonl")
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], only_names: bool, check: bool, form: str) -> int:
    """Show what every instance is doing.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    The table shows what fits the terminal; `--format wide` shows everything.
    """
    with connect_supervisor(options) as client:
        told = marked(client.ask("ps", names=names, files=True))
    instances = told["instances"]
    if only_names:
        _write_names(instances)
    elif form == "json":
        sys.stdout.write(json.dumps(told, separators=(",", ":")) + "\n")
    elif form == "jsonl":
        sys.stdout.writelines(json.dumps(instance, separators=(",", ":")) + "\n" for instance in instances)
    else:
        _write_table(options, instances, wide=form == "wide")
        tell_other_version(options, told["supervisor"].get("version"))
        there = {one["name"] for one in instances}
        for name, number in told.get("scaled", {}).items():
            if name not in there:
                say(options, f"{name} is scaled to 0, the manifest says {number}")
    return _checked(options, instances) if check else ExitCode.OK


def _write_names(instances: Sequence[dict[str, Any]]) -> None:
    sys.stdout.writelines(f"{instance['name']}/{instance['instance']}\n" for instance in instances)


def _write_table(options: GlobalOptions, instances: Sequence[dict[str, Any]], *, wide: bool) -> None:
    from udaemon.ui.ps import table

    color = options.colors(sys.stdout.isatty())
    sys.stdout.write(table(instances, time.time(), terminal_width(), wide=wide, color=color))


def _checked(options: GlobalOptions, instances: Sequence[dict[str, Any]]) -> ExitCode:
    """Whether every instance that is wanted up runs and has no health that needs attention."""
    from udaemon.ui.ps import BAD_HEALTH

    bad = [
        instance
        for instance in instances
        if instance["wanted"] == "up" and (not _is_up(instance) or instance["health"] in BAD_HEALTH)
    ]
    for instance in bad:
        what = instance["health"] if _is_up(instance) else instance["state"]
        say(options, f"{instance['name']}/{instance['instance']} is {what}", failed=True)
    return ExitCode.FAILED if bad else ExitCode.OK


def _is_up(instance: dict[str, Any]) -> bool:
    """Whether it runs, or is a scheduled command between two runs: of what is held back the error says for what."""
    between_runs = instance["state"] == "waiting" and instance["runs"]["last"]["error"] is None
    return between_runs or instance["state"] == "running"
