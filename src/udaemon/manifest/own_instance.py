"""`${UDAEMON_INSTANCE}` and its like in `command`, `env` and `log.file`: what only the start of an instance can put in.

Knows neither files nor processes: loading keeps these references as they are written, and whoever starts an instance
asks for the daemon as that instance has it.
"""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve

from udaemon.manifest.instance_values import BEGIN, filled
from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Path

KEYS: tuple[tuple[str, ...], ...] = (
    ("command",),
    ("env",),
    ("before-start",),
    ("after-stop",),
    ("stop", "command"),
    ("log", "file"),
)
"""The keys of a daemon in which they are filled."""

_DOUBLED = re.compile(r"\$(\$\{UDAEMON_(?:NAME|INSTANCES?)\})")


def is_filled(path: Path) -> bool:
    """Whether what stands at this place of a manifest is filled for each instance."""
    level = {"env": 0, "defaults": 1, "daemons": 2}.get(str(path[0]))
    return level is not None and any(path[level : level + len(key)] == key for key in KEYS)


def for_instance(daemon: Daemon, index: int) -> Daemon:
    """Return the daemon as one of its instances has it; most have no such reference, and are returned as they are.

    The name of its log stays: `Daemon.log_path` fills that.
    """
    command = daemon.command or ()
    if not any(BEGIN in text for text in (*command, *daemon.env.values())):
        return daemon
    values = daemon.name, index, daemon.instances
    return evolve(
        daemon,
        command=daemon.command and tuple(filled(text, *values) for text in command),
        env={name: filled(value, *values) for name, value in daemon.env.items()},
    )


def unescaped(value: Any) -> Any:
    """Take back the doubling of the dollar sign of each such reference."""
    if isinstance(value, str):
        return _DOUBLED.sub(r"\1", value)
    if isinstance(value, dict):
        return {name: unescaped(part) for name, part in value.items()}
    return [unescaped(part) for part in value] if isinstance(value, list) else value
