"""`udaemon events`: what happened of late, and what happens.

Knows no event: it shows what the supervisor sends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import terminal_width
from udaemon.cli.interrupts import interrupts
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.parameters import DAEMON
from udaemon.control.client import SupervisorGone
from udaemon.control.messages import SupervisorReplaced
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
    show = _shown(options, as_json=as_json)
    try:
        for events in _events(options, names, follow=follow):
            sys.stdout.write(show(events))
            sys.stdout.flush()
    except SupervisorGone:
        if not follow:
            raise
        say(options, "the supervisor has ended")


def _events(options: GlobalOptions, names: Sequence[str], *, follow: bool) -> Iterator[Sequence[Mapping[str, Any]]]:
    """What is told; where another supervisor takes over, by that, which remembers what happened since then."""
    while True:
        with connect_supervisor(options) as client, interrupts() as stop:
            if follow:
                client.be_patient(sys.stdout.fileno(), stop)
            try:
                for answer in client.stream("events", names=names, follow=follow):
                    if answer["events"]:
                        yield answer["events"]
            except SupervisorReplaced:
                continue
        return


def _shown(options: GlobalOptions, *, as_json: bool) -> Callable[[Sequence[Mapping[str, Any]]], str]:
    """What makes text of events: JSON, drawn lines on a terminal, plain ones elsewhere."""
    if as_json:
        return lambda events: "".join(f"{json.dumps(event)}\n" for event in events)
    if terminal_width() is None:
        return lambda events: "".join(f"{_line(event)}\n" for event in events)
    from udaemon.ui.happened import Happened

    happened = Happened()
    color = options.colors(is_terminal=True)
    return lambda events: happened.render(events, terminal_width() or 80, color=color)


def _line(event: Mapping[str, Any]) -> str:
    who = "udaemon" if event["name"] is None else f"{event['name']}/{event['instance']}"
    return escape(f"{event['at']} {who} {event['event']}: {event['message']}")
