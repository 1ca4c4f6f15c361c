"""`stop`: daemons shall be down. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import stopped
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.wait import Outcome, settle
from udaemon.policy.events import StopAsked


def handle(host: Host, request: Request) -> None:
    """Ask for a stop; tell each instance that has stopped. It goes on without the client."""
    views = select(host, request.names())
    timeout, wait_timeout = request.seconds("timeout"), request.seconds("wait_timeout")
    before = {view.key: view.instance for view in views}
    host.ask(list(before), StopAsked(hurry=request.flag("hurry"), timeout=timeout))

    def judge(view: InstanceView) -> Outcome | None:
        return stopped(view, before=before[view.key])

    settle(request, host, list(before), judge, timeout=wait_timeout)
