"""`pause`: daemons shall begin no run. Knows no process: the policy says what becomes of the run that goes on."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.run_control import ask_about_runs
from udaemon.policy.events import PauseAsked
from udaemon.policy.instance import Instance


def handle(host: Host, request: Request) -> None:
    """Ask for it; answer what each instance is now."""
    ask_about_runs(host, request, PauseAsked(), _told)


def _told(before: Instance, after: Instance) -> str | None:
    if not after.paused:
        return None
    return "is paused already" if before.paused else "paused: begins no run until it is resumed"
