"""`up`: what `udaemon up` asks for once there is a supervisor: start what was named, wait until it has settled.

Knows nothing of how the supervisor came to be there.
"""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.settle import Outcome, settle
from udaemon.control.verdicts import started
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import State, Wanted


def handle(host: Host, request: Request) -> None:
    """Start the daemons in `names`, and answer when they have settled; without names, when all that are wanted have.

    With `ready` one that crashed and is tried again has not settled: it may still become ready. `timeout` bounds that.
    """
    names = request.names()
    if names:
        views = select(host, names)
        host.ask([view.key for view in views], StartAsked())
    else:
        views = [view for view in host.instances() if view.instance.wanted is Wanted.UP]
    judge = _ready if request.flag("ready") else _settled
    settle(request, host, [view.key for view in views], judge, timeout=request.seconds("timeout"))


def _settled(view: InstanceView) -> Outcome | None:
    return started(view, done="started")


def _ready(view: InstanceView) -> Outcome | None:
    return None if view.instance.state is State.BACKOFF else _settled(view)
