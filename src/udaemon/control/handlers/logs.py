"""`logs`: where the logs are. Knows nothing of what is in them: a client reads the files itself."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.selection import select


def handle(host: Host, request: Request) -> None:
    """Answer with the log of each daemon, and the common logs."""
    logs = {
        view.key.name: {"name": view.key.name, "instances": view.daemon.instances, "path": view.log}
        for view in select(host, request.names())
    }
    request.answer({"logs": list(logs.values()), "common": list(host.common_logs())})
