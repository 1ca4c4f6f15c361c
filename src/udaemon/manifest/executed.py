"""Every command that a daemon names beside its own `command`: where it stands and what its words are.

Knows no file and no process; what is wrong with a command is found by those who ask here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.manifest.hooks import EVENTS, ExecHook, Listeners
from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Path

_STEPS = ("before-start", "after-stop")
_SINGLE = (("stop", "command"), ("ready", "exec"), ("health", "exec"))


def commands(daemon: Daemon, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The commands of a daemon that stands at a path."""
    for key, steps in zip(_STEPS, (daemon.before_start, daemon.after_stop), strict=True):
        yield from (((*path, key, at, "command"), step.command) for at, step in enumerate(steps))
    for place, argv in zip(_SINGLE, (daemon.stop.command, daemon.ready.exec, daemon.health.exec), strict=True):
        if argv:
            yield (*path, *place), argv
    yield from hook_commands(daemon.on, path)


def hook_commands(listeners: Listeners, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The commands that are told of events, where `on` stands at a path."""
    for event in EVENTS:
        for at, hook in enumerate(listeners.of(event)):
            if isinstance(hook, ExecHook):
                yield (*path, "on", event, at, "exec"), hook.exec


def written_commands(table: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, object]]:
    """The same of a table as it is written; whatever is of another form there is told elsewhere."""
    for key in _STEPS:
        for at, item in _items(table[key]) if key in table else ():
            yield (*path, key, at, "command"), item.get("command") if isinstance(item, dict) else item
    for key, inner in _SINGLE:
        if isinstance(own := table.get(key), dict) and inner in own:
            yield (*path, key, inner), own[inner]
    if isinstance(on := table.get("on"), dict):
        for event, hooks in on.items():
            for at, hook in _items(hooks):
                if isinstance(hook, dict) and "exec" in hook:
                    yield (*path, "on", event, at, "exec"), hook["exec"]


def _items(value: object) -> Iterator[tuple[int, object]]:
    return iter(enumerate(value if isinstance(value, list) else [value]))
