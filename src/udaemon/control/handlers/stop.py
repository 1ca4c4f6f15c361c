"""`stop`: daemons shall be down. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import stopped
from udaemon.control.request import Request
from udaemon.control.wait import Outcome, ask_and_wait
from udaemon.policy.events import StopAsked
from udaemon.policy.instance import Instance


def handle(host: Host, request: Request) -> None:
    """Ask for a stop; report each instance that has stopped. It goes on without the client."""
    asked = StopAsked(hurry=request.flag("hurry"), timeout=request.seconds("timeout"))
    ask_and_wait(request, host, asked, lambda view, before: _judge(host, view, before))


def _judge(host: Host, view: InstanceView, before: Instance) -> Outcome | None:
    """Who goes on without what was stopped is told: it may fail soon."""
    outcome = stopped(view, before)
    needing = host.order.needed_by(view.key.name) if outcome is not None and outcome.ok else []
    if outcome is None or not needing or before.at_rest:
        return outcome
    return Outcome(ok=True, message=f"{outcome.message}; needed by {', '.join(needing)}")
