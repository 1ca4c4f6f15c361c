"""Asks about runs, for `pause`, `resume` and `kick`, and prints what each instance says to it.

Knows no schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.errors import ExitCode

if TYPE_CHECKING:
    from udaemon.control.client import Client


def ask_about_runs(client: Client, options: GlobalOptions, verb: str, names: Sequence[str]) -> int:
    """Ask, and print a line for each. Returns the exit code: failed where one could not do it."""
    answer = client.ask(verb, names=names)
    for outcome in answer["outcomes"]:
        say(options, f"{outcome['name']}/{outcome['instance']} {outcome['message']}", failed=not outcome["ok"])
    return ExitCode.FAILED if answer["failed"] else ExitCode.OK
