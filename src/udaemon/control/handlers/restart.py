"""`restart`: daemons shall be up, in a new process. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import started
from udaemon.control.request import Request
from udaemon.control.rolling import RollingRestart
from udaemon.control.selection import select_to_start
from udaemon.control.wait import Outcome, ask_and_wait
from udaemon.policy.events import RestartAsked
from udaemon.policy.instance import Instance, State


def handle(host: Host, request: Request) -> None:
    """Ask for a restart; report each instance that runs anew, or why it does not.

    With `rolling` one after the other, until one fails.
    """
    if request.flag("rolling"):
        keys = host.order.to_start([view.key for view in select_to_start(host, request.names())])
        RollingRestart(request, host, keys).begin(request.seconds("wait_timeout"))
        return
    ask_and_wait(request, host, RestartAsked(), _judge, fresh=True, needs=True)


def _judge(view: InstanceView, before: Instance) -> Outcome | None:
    return started(view, done="restarted" if before.state is State.RUNNING else "started")
