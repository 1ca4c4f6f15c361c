"""`ps`: every instance as it is now. Knows no table: a client makes it."""

from __future__ import annotations

import os
import time

from udaemon import __version__
from udaemon.child.memory import rss
from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.selection import select, select_daemons
from udaemon.control.snapshot import Moment, snapshot
from udaemon.system.procfs import is_suspended


def handle(host: Host, request: Request) -> None:
    """Answer with the whole of `ps --json`, for the instances named or all.

    With `files` the stamps of the manifest's files come before it, for the client to look at (`control/drift.py`).
    """
    names = request.names()
    views = select(host, names)
    moment = Moment.read(host.now, time.time)
    node = os.uname().nodename
    files = {"files": dict(host.manifest.files)} if request.flag("files") else {}
    told = snapshot(host, views, moment=moment, pid=os.getpid(), node=node, rss=rss, suspended=is_suspended)
    told["supervisor"]["version"] = __version__
    if names and "scaled" in told:
        named = {daemon.name for daemon in select_daemons(host, names)}
        told["scaled"] = {name: number for name, number in told["scaled"].items() if name in named}
    request.answer(files | told)
