"""`events`: what happened of late, and what happens from now on. Knows no words for it: the policy has them."""

from __future__ import annotations

from typing import Any

from udaemon.control.host import Host, Notice
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.control.snapshot import timestamp
from udaemon.manifest.secrets import masked_text


def handle(host: Host, request: Request) -> None:
    """Answer with the events remembered; with `follow`, go on with each as it comes.

    With `names` only events of these daemons are sent, else the supervisor's own too. With `since_now` the past is
    left out.
    """
    names = request.names()
    keys = {view.key for view in select(host, names)} if names else None

    def wanted(notice: Notice) -> bool:
        return keys is None or notice.key in keys

    past = [] if request.flag("since_now") else [told(notice) for notice in host.recent() if wanted(notice)]
    if not request.flag("follow"):
        request.answer({"events": past})
        return

    def on_notice(notice: Notice) -> None:
        if wanted(notice):
            request.send({"events": [told(notice)]})

    request.streams = True
    request.send({"events": past})
    request.follow(host, on_notice)


def told(notice: Notice) -> dict[str, Any]:
    """A notice as JSON."""
    return {
        "at": timestamp(notice.at),
        "name": None if notice.key is None else notice.key.name,
        "instance": None if notice.key is None else notice.key.index,
        "event": notice.event,
        "message": notice.message and masked_text(notice.message),
        "data": dict(notice.data),
    }
