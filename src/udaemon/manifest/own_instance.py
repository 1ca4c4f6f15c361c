"""`${UDAEMON_INSTANCE}` and its like in `command` and `env`: what only the start of an instance can put in.

Knows neither files nor processes: loading keeps these references as they are written, and whoever starts an instance
asks for the daemon as that instance has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Path

KEPT: Mapping[str, str] = {name: f"${{{name}}}" for name in ("UDAEMON_NAME", "UDAEMON_INSTANCE", "UDAEMON_INSTANCES")}
"""Each of these variables with the reference that stays in its place until an instance is started."""

KEYS = ("command", "env", "before-start", "after-stop")
"""The keys of a daemon in which they are filled, beside `stop.command`."""

_BEGIN = "${UDAEMON_"
_DOUBLED = re.compile(r"\$(\$\{UDAEMON_(?:NAME|INSTANCES?)\})")


def is_filled(path: Path) -> bool:
    """Whether what stands at this place of a manifest is filled for each instance."""
    level = {"env": 0, "defaults": 1, "daemons": 2}.get(str(path[0]))
    if level is None or len(path) <= level:
        return False
    return path[level] in KEYS or path[level : level + 2] == ("stop", "command")


def for_instance(daemon: Daemon, index: int) -> Daemon:
    """Return the daemon as one of its instances has it; most have no such reference, and are returned as they are."""
    command = daemon.command or ()
    if not any(_BEGIN in text for text in (*command, *daemon.env.values())):
        return daemon
    values = (daemon.name, str(index), str(daemon.instances))

    def filled(text: str) -> str:
        for reference, value in zip(KEPT.values(), values, strict=True):
            text = text.replace(reference, value)
        return text

    return evolve(
        daemon,
        command=daemon.command and tuple(map(filled, command)),
        env={name: filled(value) for name, value in daemon.env.items()},
    )


def unescaped(value: Any) -> Any:
    """Take back the doubling of the dollar sign of each such reference."""
    if isinstance(value, str):
        return _DOUBLED.sub(r"\1", value)
    if isinstance(value, dict):
        return {name: unescaped(part) for name, part in value.items()}
    return [unescaped(part) for part in value] if isinstance(value, list) else value
