"""`start`: daemons shall be up. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import started
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.wait import Outcome, settle
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import State


def handle(host: Host, request: Request) -> None:
    """Ask for a start; tell each instance that runs, or why it does not."""
    views = select(host, request.names())
    timeout = request.seconds("wait_timeout")
    already = {view.key for view in views if view.instance.state is State.RUNNING}
    keys = [view.key for view in views]
    host.ask(keys, StartAsked())

    def judge(view: InstanceView) -> Outcome | None:
        return started(view, done="runs already" if view.key in already else "started")

    settle(request, host, keys, judge, timeout=timeout, fresh=True)
