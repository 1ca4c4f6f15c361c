"""From a manifest back to plain tables that load as the same: the canonical form.

Knows no file format; `config` writes these tables as TOML, YAML or JSON.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from udaemon.manifest.checks import SCHEDULE
from udaemon.manifest.keys import Named, Table, keys_of, says_none
from udaemon.manifest.merge import meaningless
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.own_instance import KEYS, unescaped
from udaemon.manifest.probes import way


def dump(manifest: Manifest) -> dict[str, Any]:
    """Write everything that the manifest says, with defaults merged in and paths absolute."""
    top: dict[str, Any] = {"project": manifest.project}
    if manifest.context:
        top["context"] = manifest.context
    if manifest.run_dir:
        top["run-dir"] = escaped(manifest.run_dir)
    if manifest.max_starting:
        top["max-starting"] = manifest.max_starting
    if manifest.env:
        top["env"] = unescaped(escaped(manifest.env))
    if on := _table(manifest.on):
        top["on"] = on
    return {**top, "daemons": {name: dump_daemon(daemon) for name, daemon in manifest.daemons.items()}}


def dump_daemon(daemon: Daemon) -> dict[str, Any]:
    """Write one daemon; a key that is not set is left out."""
    table = _table(daemon)
    for name, probe in (("ready", daemon.ready), ("health", daemon.health)):
        if way(probe) is None and (daemon.factory is None or probe == type(probe)()):  # a task may have a method for it
            table[name] = {}
    if daemon.command is not None and daemon.shell:
        table["command"] = escaped(daemon.command[0])
    for *outer, name in KEYS:
        inner = reduce(lambda below, key: below.get(key, {}), outer, table)
        if name in inner:
            inner[name] = unescaped(inner[name])
    other = meaningless(daemon.kind)
    if daemon.kind == "command" and not daemon.is_scheduled:
        other += ("sleep", *SCHEDULE)
    if daemon.after_run:
        other += ("sleep", *SCHEDULE)
    return {key: value for key, value in table.items() if value not in ({}, "") and key not in other}


def _table(value: Any) -> dict[str, Any]:
    table = {}
    model: type = type(value)
    for key in keys_of(model):
        held = getattr(value, key.field)
        if held == key.default == ():
            continue
        if isinstance(key.type, Table):
            table[key.name] = _table(held)
        elif not isinstance(key.type, Named) and (held is not None or says_none(key.type)):
            table[key.name] = escaped(key.type.dump(held))
    return table


def escaped(value: Any) -> Any:
    """Double each dollar sign, so that loading interpolates nothing."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {name: escaped(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(part) for part in value]
    return value
