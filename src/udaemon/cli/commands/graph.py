"""`udaemon graph`: which daemon needs which, and what each is at the moment where the project runs.

Knows nothing of what a condition means: the manifest says who needs whom, the supervisor how they are.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import data_format, terminal_width, write_json
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON
from udaemon.errors import NotRunning


@click.command("graph")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME]...")
@data_format("tree", "mermaid", "dot", "json")
@click.pass_obj
def command(options: GlobalOptions, *, names: tuple[str, ...], form: str) -> None:
    """Show which daemon needs which, as a tree: what a daemon needs stands below it.

    With names only these and what they need. Where the project runs, each daemon's state is shown too.

    \b
    udaemon graph web                       what web needs, and what that needs
    udaemon graph --format dot | dot -Tsvg  a picture, by Graphviz
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from udaemon.ui import graph

    nodes = _nodes(options, names)
    if form == "json":
        write_json({"daemons": nodes})
    elif form == "mermaid":
        sys.stdout.write(graph.mermaid(nodes))
    elif form == "dot":
        sys.stdout.write(graph.dot(nodes))
    else:
        sys.stdout.write(graph.tree(nodes, terminal_width(), color=options.colors(sys.stdout.isatty())))


def _nodes(options: GlobalOptions, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each daemon with its level, its state and what it needs."""
    from udaemon.cli.load import load_manifest
    from udaemon.manifest.order import levels, with_all_needs
    from udaemon.manifest.selection import choose

    daemons = load_manifest(options).daemons
    chosen = with_all_needs(daemons, choose(daemons, names))
    followed = {one.name for name in chosen for one in daemons[name].after_run}
    chosen |= with_all_needs(daemons, followed)
    states = _states(options)
    level = {name: at for at, those in enumerate(levels(daemons)) for name in those}
    return [
        {
            "name": name,
            "level": level[name],
            "state": states.get(name),
            "depends_on": [
                {
                    "name": need.name,
                    "condition": need.condition.value,
                    "required": need.required,
                    "restart": need.restart,
                }
                for need in daemon.depends_on
            ],
            "after_run": {one.name: one.on.value for one in daemon.after_run},
        }
        for name, daemon in daemons.items()
        if name in chosen
    ]


def _states(options: GlobalOptions) -> dict[str, str]:
    """The state of each daemon that runs; of several instances the count of each: `2 running, 1 failed`."""
    try:
        with connect_supervisor(options) as client:
            instances = client.ask("ps")["instances"]
    except NotRunning:
        return {}
    found: dict[str, Counter[str]] = {}
    for one in instances:
        found.setdefault(one["name"], Counter())[one["state"]] += 1
    return {
        name: next(iter(counts)) if len(counts) == 1 else ", ".join(f"{n} {state}" for state, n in counts.items())
        for name, counts in found.items()
    }
