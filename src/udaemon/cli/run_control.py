"""Asks about runs, for `pause`, `resume` and `kick`, and prints what each instance says to it.

Knows no schedule.
"""

from __future__ import annotations

from collections.abc import Sequence

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.waiting import show_dry_run
from udaemon.errors import ExitCode


def ask_about_runs(options: GlobalOptions, verb: str, names: Sequence[str], *, would_be: str | None = None) -> int:
    """Ask, and print a line for each. Returns the exit code: failed where one could not do it.

    Args:
        options: Which supervisor, and how lines look.
        verb: What is asked for.
        names: Whom.
        would_be: Ask for nothing, and say what would become of each in this word.
    """
    with connect_supervisor(options) as client:
        if would_be is not None:
            return show_dry_run(client, options, names, would_be)
        answer = client.ask(verb, names=names)
    for outcome in answer["outcomes"]:
        say(options, f"{outcome['name']}/{outcome['instance']} {outcome['message']}", failed=not outcome["ok"])
    return ExitCode.FAILED if answer["failed"] else ExitCode.OK
