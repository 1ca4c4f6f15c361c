"""Brings a project down: everything shall stop, the supervisor too, and who asked waits until it has.

Knows nothing of how that is done; it is over when the supervisor's process has ended. Knows no click, which takes as
long to load as a few daemons take to stop.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from udaemon.cli.connect import connect_supervisor, manifest_of
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.cli.waiting import ask_and_wait, show_dry_run
from udaemon.control import rundir
from udaemon.control.client import SupervisorGone
from udaemon.errors import ExitCode, NotRunning, UdaemonError

_NAMED = 20
"""Instances that are told by their names."""


def bring_down(options: GlobalOptions, *, timeout: float | None = None, dry_run: bool = False) -> int:
    """Ask for the end, and wait for it; where no supervisor runs there is nothing to do. Returns the exit code.

    One that is killed meanwhile has a successor, which is asked again.

    Raises:
        UdaemonError: Processes go on without a supervisor.
    """
    asked = looked_again = False
    while True:
        try:
            client = connect_supervisor(options)
        except NotRunning as error:
            if (going := _going(options)) and looked_again:
                raise _without_supervisor(going) from None
            if going:
                looked_again = True  # or a supervisor has come since, whose daemons these are
                continue
            if not asked:
                say(options, error.message)
            return ExitCode.OK
        with client:
            if dry_run:
                return show_dry_run(client, options, (), "stopped")
            try:
                code = ask_and_wait(client, options, "down", timeout=timeout)
            except SupervisorGone:  # it was killed, or somebody else's `down` was a moment earlier
                asked = True
                continue
            lost = [text for told in client.wait_for_end() for text in told.get("lost", ())]
        for text in lost:
            say(options, text, failed=True)
        return ExitCode.FAILED if lost else code


def _going(options: GlobalOptions) -> list[str]:
    """Which daemons' locks are held, as they are after the death of a supervisor and its keeper.

    Raises:
        UdaemonError: A run directory is not safe to look into.
    """
    going: list[str] = []
    base = rundir.base(os.environ, os.geteuid())
    for path in rundir.candidates(base, manifest_of(options), options.project):
        if os.path.exists(f"{path}/locks"):
            from udaemon.engines import locks  # after a good end there are none
            from udaemon.supervisor.ledger import LEDGER, load

            try:
                os.close(rundir.open_directory(path))
            except FileNotFoundError:  # it ends well at this moment
                continue
            entries = load(f"{path}/{LEDGER}", lambda _text: None).entries
            going += [str(key) for key in entries if locks.is_held(f"{path}/locks", key)]
    return going


def _without_supervisor(going: Sequence[str]) -> UdaemonError:
    more = f" and {len(going) - _NAMED} more" if len(going) > _NAMED else ""
    hint = "udaemon up -d adopts what goes on, and then udaemon down ends it"
    return UdaemonError(f"without a supervisor there still run {', '.join(going[:_NAMED])}{more}", hint)
