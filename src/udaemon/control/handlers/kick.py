"""`kick`: daemons shall have a run now, whatever their schedule says. Knows no process and no schedule."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.run_control import ask_about_runs
from udaemon.policy.events import KickAsked
from udaemon.policy.instance import Instance, State


def handle(host: Host, request: Request) -> None:
    """Ask for it; answer which have one now, or after the run that goes on."""
    ask_about_runs(host, request, KickAsked(), _told, only_up=True)


def _told(before: Instance, after: Instance) -> str | None:
    if before.daemon.is_scheduled and before.state in (State.STARTING, State.RUNNING):
        return "runs again after the run that goes on"
    if after.held_back and after.daemon.is_scheduled:
        return f"kicked, is {after.message}"
    return "kicked" if after.state in (State.STARTING, State.RUNNING) else None
