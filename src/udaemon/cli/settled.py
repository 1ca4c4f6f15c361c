"""Verbs that ask for something and wait until every instance has settled: a line each, and the exit code.

Knows no verb and judges nothing: the supervisor says what came of it.
"""

from __future__ import annotations

from typing import Any

from udaemon.cli.options import GlobalOptions
from udaemon.cli.talk import say
from udaemon.control.client import Client
from udaemon.errors import ExitCode


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
