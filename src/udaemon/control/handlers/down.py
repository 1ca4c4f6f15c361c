"""`down`: everything shall stop, the supervisor too. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.outcomes import stopped
from udaemon.control.request import Request
from udaemon.control.wait import wait_for_outcomes


def handle(host: Host, request: Request) -> None:
    """Ask for the end; report each instance that has stopped, then leave the connection open until this process exits.

    Instances that were at rest already are not reported, unless something of them lives that cannot be killed.
    """
    timeout = request.seconds("timeout")
    before = {view.key: view.instance for view in host.instances()}
    request.lingers = True
    host.shut_down(hurry=request.flag("hurry"), timeout=timeout)

    keys = [key for key, instance in before.items() if not instance.at_rest or instance.unkillable]
    wait_for_outcomes(request, host, keys, lambda view: stopped(view, before[view.key]), timeout=None)
