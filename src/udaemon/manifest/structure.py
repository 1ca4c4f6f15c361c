"""From plain tables to the model, strictly: every wrong key and every wrong value is found in one pass.

Knows nothing of files, layers and places; findings carry the path of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Finding, Path, Wrong
from udaemon.manifest.references import NAME
from udaemon.manifest.root import Root
from udaemon.manifest.values import ValueType, wrong_type
from udaemon.manifest.wording import near

_FEW = 8
"""So many keys can be listed in a hint."""

_SUGGESTIONS = 100
"""After so many unknown keys nobody reads what was meant, and looking for it takes longer than all the rest."""

_OTHER_WORDS = {
    "autorestart": "restart",
    "startretries": "start-limit",
    "numprocs": "instances",
    "replicas": "instances",
    "scale": "instances",
    "directory": "cwd",
    "working_dir": "cwd",
    "working-directory": "cwd",
    "workdir": "cwd",
    "environment": "env",
    "interval": "sleep",
    "period": "sleep",
    "every": "sleep",
    "args": "params",
    "kwargs": "params",
    "entrypoint": "command",
    "cmd": "command",
    "exec": "command",
    "stopsignal": "stop",
    "stopwaitsecs": "stop",
    "services": "daemons",
    "programs": "daemons",
    "processes": "daemons",
}
"""What other orchestrators call the same thing."""


def structure(top: Mapping[str, Any]) -> tuple[Root, list[Finding]]:
    """Build the model of a whole manifest, in which `defaults` are merged already.

    A daemon that has something wrong in it is left out, and so is a key of the top level.
    """
    walk = _Walk()
    return Root(**walk.keys(Root, top, ())), walk.findings


class _Walk:
    """One way through all tables; what is wrong is noted, and the table around it is not built."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.suggestions = iter(range(_SUGGESTIONS))

    def table(self, model: type, table: object, path: Path, **known: Any) -> Any:
        """Build the model of one table; `known` are attributes that no key says."""
        if not isinstance(table, dict):
            self.note(wrong_type("a table", table), path)
            return None
        noted = len(self.findings)
        held = self.keys(model, table, path)
        return model(**held, **known) if len(self.findings) == noted else None

    def keys(self, model: type, table: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Read the keys of one table, those that have nothing wrong in them."""
        held: dict[str, Any] = {}
        keys = _by_name(model)
        for name, value in table.items():
            key = keys.get(name)
            if key is None:
                hint = _meant(name, model) if next(self.suggestions, None) is not None else None
                self.findings.append(Finding("unknown-key", "unknown key", hint, (*path, name), at_key=True))
                continue
            noted = len(self.findings)
            read = self.value(key.type, value, (*path, name))
            if len(self.findings) == noted or isinstance(key.type, Named):
                held[key.field] = read
        return held

    def value(self, of: ValueType | Table | Named, value: object, path: Path) -> Any:
        if isinstance(of, Table):  # a daemon that is the value of one key, `defaults`, has no name
            return self.table(of.model, value, path, **({"name": ""} if of.model is Daemon else {}))
        if isinstance(of, Named):
            return self.named(of.model, value, path)
        try:
            return of.parse(value)
        except (Wrong, ExceptionGroup) as error:
            self.note(error, path)
            return None

    def named(self, model: type, tables: object, path: Path) -> dict[str, Any]:
        """Build the tables that have nothing wrong in them."""
        if not isinstance(tables, dict):
            self.note(wrong_type("a table of daemons", tables), path)
            return {}
        read: dict[str, Any] = {}
        for name, table in tables.items():
            try:
                NAME.parse(name)
            except Wrong as error:
                self.findings.append(Finding(error.code, error.message, error.hint, (*path, name), at_key=True))
            else:
                read[name] = self.table(model, table, (*path, name), name=name)
        return {name: table for name, table in read.items() if table is not None}

    def note(self, error: Exception, path: Path) -> None:
        match error:
            case Wrong():
                place = (*path, *error.path)
                self.findings.append(Finding(error.code, error.message, error.hint, place, error.at_key))
            case ExceptionGroup():
                for inner in error.exceptions:
                    self.note(inner, path)
            case _:
                raise error


@cache
def _by_name(model: type) -> dict[str, Key]:
    return {key.name: key for key in keys_of(model)}


def _meant(name: str, model: type) -> str | None:
    """Say which key may have been meant."""
    if name.startswith("x-"):
        return "keys that begin with x- stand at the top level only"
    known = [key.name for key in keys_of(model)]
    other = _OTHER_WORDS.get(name.lower())
    close = other if other in known else near(name, known)
    if close:
        return f"did you mean {close}?"
    return f"known here: {', '.join(known)}" if len(known) <= _FEW else None
