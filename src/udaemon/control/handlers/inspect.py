"""`inspect`: everything known of one daemon.

Of its environment and parameters it knows the names, never a value; secrets in its arguments are hidden.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any

from attrs import fields, has

from udaemon.child.memory import rss
from udaemon.control.handlers.events import told
from udaemon.control.host import Host, InstanceView
from udaemon.control.request import Request
from udaemon.control.selection import select, select_daemons
from udaemon.control.snapshot import Moment, describe
from udaemon.manifest.implied import implied
from udaemon.manifest.model import Daemon
from udaemon.manifest.secrets import masked, masked_text
from udaemon.system.procfs import is_suspended


def handle(host: Host, request: Request) -> None:
    """Answer with what is declared, what every instance is, and what happened to them of late."""
    names = [request.text("name")]
    views = select(host, names)
    keys = {view.key for view in views}
    moment = Moment.read(host.now, time.time)
    request.answer(
        {
            "daemons": [
                declared(daemon) | {"sharing": _sharing(host, daemon)} for daemon in select_daemons(host, names)
            ],
            "instances": [_instance(view, moment, host) | {"zygote": _zygote(host, view)} for view in views],
            "events": [told(notice) for notice in host.recent() if notice.key in keys],
        }
    )


def declared(daemon: Daemon) -> dict[str, Any]:
    """A daemon's keys as JSON. Of what may be secret (`env`, `params`) only the names."""
    told = {field.name: masked(_plain(getattr(daemon, field.name))) for field in fields(Daemon)}
    env = daemon.env.keys() | implied(daemon, os.environ).keys()
    return told | {"env": sorted(env), "params": sorted(daemon.params)}


def _sharing(host: Host, daemon: Daemon) -> dict[str, Any] | None:
    """What its process shares with others, and what not with file, line and reason; see `udaemon explain sharing`."""
    told = host.sharing(daemon)
    if told is None:
        return None
    own = [{"module": module, "line": line, "reason": reason} for module, line, reason in told["own"]]
    left_out = [{"module": module, "reason": reason} for module, reason in told["left_out"].items()]
    counts = {"shared": told["shared"], "unshared": told["unshared"], "loaded": told["loaded"]}
    return {**counts, "own": own, "left_out": left_out}


def _zygote(host: Host, view: InstanceView) -> dict[str, Any] | None:
    """From which zygote its process was forked, and whether that had all loaded for it, or why not."""
    origin = host.origin(view.key)
    return None if origin is None else {"pid": origin.zygote, "loaded": origin.bare is None, "reason": origin.bare}


def _instance(view: InstanceView, moment: Moment, host: Host) -> dict[str, Any]:
    instance = view.instance
    scaled = view.key.name in host.manifest.scaled
    node = os.uname().nodename
    known = describe(view, moment=moment, node=node, rss=rss, suspended=is_suspended, scaled=scaled)
    return known | {
        "message": instance.message and masked_text(instance.message),
        "crashes": instance.crashes,
        "refusals": instance.refusals,
        "survivors": list(instance.survivors),
        "core": instance.exit.core if instance.exit else None,
        "rss_peak": view.slot.rss_peak if view.slot else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if has(type(value)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(type(value))}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value
