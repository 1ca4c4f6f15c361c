"""`udaemon status`: a card for people, of a daemon or of the whole project.

Knows nothing of either: it shows what the supervisor sends, the log's last lines, and where the manifest says it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import terminal_width
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON

if TYPE_CHECKING:
    from udaemon.ui.card import Row

_LAST_LINES = 5


@click.command("status")
@click.argument("name", required=False, type=DAEMON, metavar="[NAME]")
@click.pass_obj
def command(options: GlobalOptions, *, name: str | None) -> None:
    """Show all that one wants to know of a daemon: its state and why, its runs, its memory, its log's last lines.

    Without NAME it shows the project: which states there are, and which daemons need attention. NAME is a daemon, a
    glob ('mail*'), a tag (tag:mail) or one instance (mailer/1). The same for programs: udaemon inspect.

    \b
    udaemon status
    udaemon status mailer
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from udaemon.ui.card import render
    from udaemon.ui.status import project_card

    now = time.time()
    with connect_supervisor(options) as client:
        if name is None:
            told = client.ask("ps")
            events = client.ask("events")["events"]
            cards = [project_card(client.ask("hello"), told["instances"], events, now=now)]
        else:
            told = client.ask("inspect", name=name)
            logs = client.ask("logs", names=(name,))["logs"]
            cards = list(_cards(told, logs, _places(options), now=now))
    sys.stdout.write(render(cards, terminal_width(), color=options.colors(sys.stdout.isatty())))


def _cards(
    told: Mapping[str, Any], logs: Sequence[Mapping[str, Any]], places: Mapping[str, str], *, now: float
) -> Iterator[list[Row]]:
    """One of each instance, and of each daemon that has none."""
    from udaemon.ui.status import instance_card, scaled_card

    instances = {(one["name"], one["instance"]): one for one in told["instances"]}
    events: dict[tuple[str, int], list[Mapping[str, Any]]] = {key: [] for key in instances}
    for event in told["events"]:
        events[event["name"], event["instance"]].append(event)
    daemons = {daemon["name"]: daemon for daemon in told["daemons"]}
    for key, one in instances.items():
        daemon, place = daemons[one["name"]], places.get(one["name"])
        yield instance_card(one, daemon, events[key], log=_last_lines(one, logs), place=place, now=now)
    there = {name for name, _number in instances}
    for name, daemon in daemons.items():
        if name not in there:
            yield scaled_card(daemon, place=places.get(name))


def _last_lines(one: Mapping[str, Any], logs: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """What the instance wrote last; nothing where its log cannot be read."""
    from udaemon.logs.follow import LogReader
    from udaemon.logs.interleave import history_of
    from udaemon.logs.tail import LogSource
    from udaemon.ui.escape import escape

    mine, alone = one["instance"], one["instances"] == 1
    own = [log for log in logs if log["name"] == one["name"] and log.get("instance", mine) == mine]
    readers: list[LogReader] = []
    try:
        readers += (LogReader(LogSource.told(log)) for log in own)
        wanted = [(reader, lambda entry: alone or entry.instance == mine) for reader in readers]
        rows = history_of(wanted, last=_LAST_LINES, since=b"")
        return [escape(row.entry.text.decode("utf-8", "backslashreplace"), keep_tabs=True) for row in rows]
    except OSError:
        return []
    finally:
        for reader in readers:
            reader.close()


def _places(options: GlobalOptions) -> dict[str, str]:
    """Where each daemon is declared now, as `udaemon.toml:12`; nothing where the manifest cannot be read."""
    from udaemon.cli.load import wanted_documents
    from udaemon.errors import UdaemonError
    from udaemon.manifest.report import shown_path

    try:
        examined = wanted_documents(options)
    except (UdaemonError, OSError):
        return {}
    return {
        str(path[1]): f"{shown_path(document.file, os.getcwd())}:{line}"
        for document in examined.documents
        for path, ((line, _column), _value) in document.places.items()
        if len(path) == 2 and path[0] == "daemons"
    }
