"""`up`: what `udaemon up` asks for once there is a supervisor: start what was named, wait until it has settled.

Knows nothing of how the supervisor came to be there.
"""

from __future__ import annotations

from collections.abc import Sequence

from udaemon.control import outcomes
from udaemon.control.host import Host, InstanceView
from udaemon.control.request import Request
from udaemon.control.selection import select_to_start
from udaemon.control.wait import Outcome, wait_for_outcomes
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Wanted


def handle(host: Host, request: Request) -> None:
    """Start the daemons in `names`, and answer when they have settled; without names, when all that are wanted have.

    With `autostart` those that start by themselves and rest are started, and only they are reported. With `ready` each
    has settled when it is there for what it is for (`outcomes.up`). `timeout` bounds that. What they need is
    started and reported, too, but with `no_deps`.
    """
    names, ready = request.names(), request.flag("ready")
    views = select_to_start(host, names) if names else _resting(host) if request.flag("autostart") else []
    keys = [view.key for view in views]
    alone = request.flag("no_deps")
    if not alone:
        views = [host.view(key) for key in host.order.to_start(keys)]
    host.ask([view.key for view in views], StartAsked(alone))
    if not names and (ready or not request.flag("autostart")):
        views = [view for view in host.instances() if view.instance.wanted is Wanted.UP]
    keys, timeout = [view.key for view in views], request.seconds("timeout")
    if ready:
        wait_for_outcomes(request, host, keys, outcomes.up, timeout=timeout, runs=True, why=outcomes.why_not_up)
    else:
        wait_for_outcomes(request, host, keys, _started, timeout=timeout)


def _resting(host: Host) -> Sequence[InstanceView]:
    """Those that start by themselves and do not run."""
    return [
        view for view in host.instances() if view.instance.at_rest and view.daemon.autostart and view.daemon.enabled
    ]


def _started(view: InstanceView) -> Outcome | None:
    return outcomes.started(view, done="started")
