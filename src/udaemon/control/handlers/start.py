"""`start`: daemons shall be up. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import started
from udaemon.control.request import Request
from udaemon.control.wait import Outcome, ask_and_wait
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Instance, State


def handle(host: Host, request: Request) -> None:
    """Ask for a start, with `no_deps` whatever is needed; report each instance that runs, or why it does not."""
    alone = request.flag("no_deps")
    ask_and_wait(request, host, StartAsked(alone), _judge, fresh=True, needs=not alone)


def _judge(view: InstanceView, before: Instance) -> Outcome | None:
    return started(view, done="runs already" if before.state is State.RUNNING else "started")
