"""Verbs that ask for something and wait until every instance has an outcome: how that is told, and the exit code.

Knows no verb and judges nothing: the supervisor says what came of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.plan import show_plan, show_scaled
from udaemon.control.client import Client
from udaemon.control.messages import SupervisorReplaced
from udaemon.errors import ExitCode
from udaemon.manifest.stamps import changed_in_time
from udaemon.units import form

_SAME_TWICE = frozenset({"up", "start", "stop", "wait", "pause", "resume"})
"""Verbs that may be asked for twice, as they say what shall be, not what shall be done."""


def ask_or_show(
    options: GlobalOptions, verb: str, names: Sequence[str], *, would_be: str | None, **args: Any
) -> ExitCode:
    """Ask for it and wait; or do nothing, and print what would become of each instance in this word."""
    with connect_supervisor(options) as client:
        if would_be is not None:
            return show_dry_run(client, options, names, would_be)
        return ask_and_wait(client, options, verb, names=names, **args)


def ask_and_wait(
    client: Client, options: GlobalOptions, verb: str, *, began: float | None = None, **args: Any
) -> ExitCode:
    """Ask, and print what becomes of the instances; FAILED when one did not become what was asked.

    `began` is when the operator asked, in monotonic seconds, where that was a while ago.
    """
    from udaemon.ui.tally import Tally

    failed, files, left = 0, {}, []
    tally = Tally(
        lambda text, bad: say(options, text, failed=bad),
        every=bool(options.verbose),
        terminal=sys.stderr if sys.stderr.isatty() and not options.quiet else None,
        began=began,
    )
    try:
        for told in _answers(client, options, verb, args):
            if "plan" in told:
                if not options.quiet:
                    show_plan(options, told["plan"])
            elif "scaled" in told:
                show_scaled(options, told["scaled"])
            elif "failed" in told:
                failed, files, left = told["failed"], told.get("files", {}), told.get("left", [])
            else:
                tally.add(told)
    finally:
        tally.close()
    if left:
        say(options, f"not restarted: {', '.join(left)}", failed=True)
    if changed := changed_in_time({file: (time, size) for file, (time, size) in files.items()}):
        from udaemon.manifest.report import shown_path

        names = ", ".join(shown_path(file, os.getcwd()) for file in changed)
        say(options, f"{names} changed since it was read; udaemon apply puts it into effect")
    return ExitCode.FAILED if failed else ExitCode.OK


def _answers(client: Client, options: GlobalOptions, verb: str, args: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each answer once. Where another supervisor takes over meanwhile, that is asked, unless it would do more again.

    Raises:
        SupervisorReplaced: What was asked for goes on, and nobody waits for it; a rolling restart goes no farther.
    """
    begun = time.monotonic()
    told: set[tuple[str, int]] = set()
    of = 0
    client.be_patient()
    while True:
        try:
            for answer in client.stream(verb, **args):
                if "name" not in answer:
                    yield answer
                elif (key := (answer["name"], answer["instance"])) not in told:
                    told.add(key)
                    of = answer["of"]
                    yield answer
        except SupervisorReplaced:
            if args.get("rolling"):
                raise SupervisorReplaced(_cut_off(len(told), of)) from None
            if verb not in _SAME_TWICE:
                raise
            client = connect_supervisor(options)
            client.be_patient()
            spent = time.monotonic() - begun
            bound = "wait_timeout" if "wait_timeout" in args else "timeout"  # the latter is how a stop may take, too
            if args.get(bound) is not None:
                args[bound] = max(args[bound] - spent, 0.0)
        else:
            return


def _cut_off(done: int, of: int) -> str:
    """What becomes of a rolling restart whose supervisor has gone: it alone knew who was to be next."""
    more = "the one under way comes back, and no other one is touched: ask for them again"
    return f"{f'{done} of {of}' if done else 'none'} {form(done or 1, 'was', 'were')} restarted; {more}"


def show_dry_run(client: Client, options: GlobalOptions, names: Sequence[str], what: str) -> ExitCode:
    """Print what a verb would do, instance by instance, and do nothing."""
    for told in client.ask("ps", names=names)["instances"]:
        say(options, f"{told['name']}/{told['instance']} would be {what} (is {told['state']})")
    return ExitCode.OK
