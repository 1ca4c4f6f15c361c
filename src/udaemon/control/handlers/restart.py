"""`restart`: daemons shall be up, in a new process. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import started
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.wait import Outcome, settle
from udaemon.policy.events import RestartAsked
from udaemon.policy.instance import State


def handle(host: Host, request: Request) -> None:
    """Ask for a restart; tell each instance that runs anew, or why it does not."""
    views = select(host, request.names())
    timeout = request.seconds("wait_timeout")
    before = {view.key: view.instance for view in views}
    host.ask(list(before), RestartAsked())

    def judge(view: InstanceView) -> Outcome | None:
        ran = before[view.key].state is State.RUNNING
        return started(view, done="restarted" if ran else "started")

    settle(request, host, list(before), judge, timeout=timeout, fresh=True)
