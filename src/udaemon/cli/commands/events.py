"""`udaemon events`: what happened of late, and what happens.

Knows no event: it shows what the supervisor sends.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.parameters import DAEMON
from udaemon.control.client import SupervisorGone
from udaemon.ui.escape import escape


@click.command("events")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME]...")
@click.option("-f", "--follow", is_flag=True, help="Go on with each event as it comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], follow: bool, as_json: bool) -> None:
    """Show what happened: the last events that the supervisor remembers.

    Without NAME the supervisor's own events are shown too.
    """
    with connect_supervisor(options) as client:
        if follow:
            client.be_patient(sys.stdout.fileno())
        try:
            for answer in client.stream("events", names=names, follow=follow):
                for event in answer["events"]:
                    sys.stdout.write(f"{json.dumps(event) if as_json else _line(event)}\n")
                sys.stdout.flush()
        except SupervisorGone:
            if not follow:
                raise
            say(options, "the supervisor has ended")


def _line(event: dict[str, Any]) -> str:
    who = "udaemon" if event["name"] is None else f"{event['name']}/{event['instance']}"
    return escape(f"{event['at']} {who} {event['event']}: {event['message']}")
