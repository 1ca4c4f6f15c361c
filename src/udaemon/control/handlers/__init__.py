"""One file a verb: what the supervisor does when a client asks for it. The table here is all it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from udaemon.control.handlers import (
    apply,
    config,
    diff,
    down,
    events,
    hello,
    inspect,
    kick,
    logs,
    pause,
    ps,
    reexec,
    restart,
    resume,
    scale,
    signal,
    start,
    stop,
    up,
    wait,
)
from udaemon.control.host import Host
from udaemon.control.request import Request

Handler = Callable[[Host, Request], None]

HANDLERS: Mapping[str, Handler] = {
    "apply": apply.handle,
    "config": config.handle,
    "diff": diff.handle,
    "down": down.handle,
    "events": events.handle,
    "hello": hello.handle,
    "inspect": inspect.handle,
    "kick": kick.handle,
    "logs": logs.handle,
    "pause": pause.handle,
    "ps": ps.handle,
    "reexec": reexec.handle,
    "restart": restart.handle,
    "resume": resume.handle,
    "scale": scale.handle,
    "signal": signal.handle,
    "start": start.handle,
    "stop": stop.handle,
    "up": up.handle,
    "wait": wait.handle,
}
