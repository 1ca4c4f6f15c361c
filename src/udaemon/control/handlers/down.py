"""`down`: everything shall stop, the supervisor too. Knows no process."""

from __future__ import annotations

from udaemon.control.host import Host, InstanceView
from udaemon.control.outcomes import stopped
from udaemon.control.request import Request
from udaemon.control.wait import Outcome, settle


def handle(host: Host, request: Request) -> None:
    """Ask for the end; tell each instance that has stopped, then leave the connection open until this process ends.

    Instances that were at rest already are not told.
    """
    timeout = request.seconds("timeout")
    before = {view.key: view.instance for view in host.instances()}
    request.lingers = True
    host.shut_down(hurry=request.flag("hurry"), timeout=timeout)

    def judge(view: InstanceView) -> Outcome | None:
        return stopped(view, before=before[view.key])

    settle(request, host, [key for key, instance in before.items() if not instance.at_rest], judge, timeout=None)
