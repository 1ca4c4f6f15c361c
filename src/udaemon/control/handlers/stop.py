"""`stop`: daemons shall be down. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.outcomes import stopped
from udaemon.control.request import Request
from udaemon.control.wait import ask_and_wait
from udaemon.policy.events import StopAsked


def handle(host: Host, request: Request) -> None:
    """Ask for a stop; report each instance that has stopped. It goes on without the client."""
    asked = StopAsked(hurry=request.flag("hurry"), timeout=request.seconds("timeout"))
    ask_and_wait(request, host, asked, stopped)
