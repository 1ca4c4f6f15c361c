"""`hello`: who answers here. Knows nothing of the instances but their names and states."""

from __future__ import annotations

import os
import time
from collections import Counter

from udaemon import __version__
from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.snapshot import Moment
from udaemon.manifest.fingerprint import fingerprint
from udaemon.manifest.selection import selectors


def handle(host: Host, request: Request) -> None:
    """Answer with the project, its supervisor, what a verb can name of it and how many instances are in which state.

    With `brief` with the first two alone: each verb that may wait long asks whether anybody is there.
    """
    manifest = host.manifest
    told = {
        "version": __version__,
        "project": manifest.project,
        "context": manifest.context,
        "manifest": manifest.file,
        "leaving": host.leaving,
        "pid": os.getpid(),
    }
    if request.flag("brief"):
        request.answer(told)
        return
    moment = Moment.read(host.now, time.time)
    states = Counter(view.instance.state.value for view in host.instances())
    request.answer(
        {
            **told,
            "fingerprint": fingerprint(manifest),
            "started_at": moment.at(host.started_at),
            "uptime": moment.since(host.started_at),
            "daemons": {name: daemon.instances for name, daemon in manifest.daemons.items()},
            "selectors": selectors(manifest.daemons),
            "states": dict(states),
        }
    )
