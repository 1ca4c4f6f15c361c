"""`logs`: where the logs are. Knows nothing of what is in them: a client reads the files itself."""

from __future__ import annotations

from typing import Any

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.selection import select


def handle(host: Host, request: Request) -> None:
    """Answer with the log of each daemon and which of its instances were named, and the common logs."""
    logs: dict[str, dict[str, Any]] = {}
    for view in select(host, request.names()):
        name = view.key.name
        log = {"name": name, "instances": view.daemon.instances, "path": view.log, "chosen": []}
        if not view.daemon.log.prefixed:
            log["prefixed"] = False  # told of few: a supervisor from before this was thought of tells it of none
        if view.daemon.kind == "php.entry":
            log["php"] = True  # the library keeps a log of its own
        logs.setdefault(name, log)["chosen"].append(view.key.index)
    request.answer({"logs": list(logs.values()), "common": list(host.common_logs())})
