"""Verbs that ask for something and wait until every instance has settled: a line each, and the exit code.

Knows no verb and judges nothing: the supervisor says what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.talk import say
from udaemon.control.client import Client
from udaemon.errors import ExitCode

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


def dry_run_option(callback: _Callback) -> _Callback:
    """The option `--dry-run` of a verb that changes something; the verb gets it as `dry_run`."""
    return click.option("--dry-run", is_flag=True, help="Tell which instances it would be, and do nothing.")(callback)


def settled(client: Client, options: GlobalOptions, verb: str, **args: Any) -> ExitCode:
    """Ask, tell each instance as it settles; FAILED when one did not become what was asked."""
    client.be_patient()
    failed = 0
    for told in client.stream(verb, **args):
        if "failed" in told:
            failed = told["failed"]
        else:
            say(options, f"{told['name']}/{told['instance']} {told['message']}", failed=not told["ok"])
    return ExitCode.FAILED if failed else ExitCode.OK


def foretold(client: Client, options: GlobalOptions, names: Sequence[str], what: str) -> ExitCode:
    """Tell what a verb would do, instance by instance, and do nothing."""
    for told in client.ask("ps", names=names)["instances"]:
        say(options, f"{told['name']}/{told['instance']} would be {what} (is {told['state']})")
    return ExitCode.OK
