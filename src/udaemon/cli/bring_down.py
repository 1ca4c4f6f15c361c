"""Brings a project down: everything shall stop, the supervisor too, and who asked waits until it has.

Knows nothing of how that is done; it is over when the supervisor's process has ended. Knows no click, which takes as
long to load as a few daemons take to stop.
"""

from __future__ import annotations

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.waiting import ask_and_wait, show_dry_run
from udaemon.control.client import SupervisorGone
from udaemon.errors import ExitCode, UdaemonError


def bring_down(options: GlobalOptions, *, timeout: float | None = None, dry_run: bool = False) -> int:
    """Ask for the end, and wait for it; where no supervisor runs there is nothing to do. Returns the exit code."""
    try:
        client = connect_supervisor(options)
    except UdaemonError as error:
        if error.exit_code != ExitCode.NOT_RUNNING:
            raise
        say(options, error.message)
        return ExitCode.OK
    with client:
        if dry_run:
            return show_dry_run(client, options, (), "stopped")
        try:
            code = ask_and_wait(client, options, "down", timeout=timeout)
        except SupervisorGone:  # somebody else's `down` was a moment earlier, and this is what was asked for
            return ExitCode.OK
        lost = [text for told in client.wait_for_end() for text in told.get("lost", ())]
        for text in lost:
            say(options, text, failed=True)
        return ExitCode.FAILED if lost else code
