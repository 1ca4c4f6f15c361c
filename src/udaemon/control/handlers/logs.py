"""`logs`: where the logs are. Knows nothing of what is in them: a client reads the files itself."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.log_answer import told_logs
from udaemon.control.request import Request
from udaemon.control.selection import select


def handle(host: Host, request: Request) -> None:
    """Answer with the logs of each daemon and which of its instances were named, and the common logs."""
    chosen: dict[str, list[int]] = {}
    daemons = {}
    for view in select(host, request.names()):
        daemons[view.key.name] = view.daemon
        chosen.setdefault(view.key.name, []).append(view.key.index)
    logs = [log for name, indices in chosen.items() for log in told_logs(daemons[name], host.manifest.context, indices)]
    request.answer({"logs": logs, "common": list(host.common_logs())})
