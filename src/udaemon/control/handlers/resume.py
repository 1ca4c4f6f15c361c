"""`resume`: daemons that were paused shall begin runs again. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.run_control import ask_about_runs
from udaemon.policy.events import ResumeAsked
from udaemon.policy.instance import Instance


def handle(host: Host, request: Request) -> None:
    """Ask for it; answer what each instance is now."""
    ask_about_runs(host, request, ResumeAsked(), _told)


def _told(before: Instance, after: Instance) -> str | None:
    if after.paused:
        return None
    return "resumed" if before.paused else "is not paused"
