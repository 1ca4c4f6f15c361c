"""A whole manifest as plain values for another process of ours, and back: by the types of its keys, believing nothing.

Knows no file and no spelling: it is complete already, and only what differs from the defaults is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import fields

from udaemon.manifest.hooks import Listeners
from udaemon.manifest.keys import Named, Table, keys_of
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.references import NAME, PATH

_TOP = tuple(field.name for field in fields(Manifest) if field.name != "scaled")
"""All that files say."""


class NoManifest(ValueError):
    """What came is no manifest."""


def to_plain(manifest: Manifest) -> dict[str, Any]:
    """Write it as values that JSON has."""
    plain = {name: getattr(manifest, name) for name in _TOP}
    daemons = {name: _table(daemon) for name, daemon in manifest.daemons.items()}
    return plain | {
        "env": dict(manifest.env),
        "files": dict(manifest.files),
        "daemons": daemons,
        "on": _table(manifest.on),
    }


def of_plain(plain: object) -> Manifest:
    """Make the manifest that was written.

    Raises:
        NoManifest: It is none: a key that there is not, a value that its key does not take.
    """
    try:
        top = dict(zip(_TOP, (_mapping(plain)[name] for name in _TOP), strict=True))
        tables = _mapping(top["daemons"])
        return Manifest(
            file=_text(top["file"]),
            directory=PATH.parse(top["directory"]),
            project=NAME.parse(top["project"]),
            context=_text(top["context"]),
            run_dir=None if top["run_dir"] is None else PATH.parse(top["run_dir"]),
            state_dir=None if top["state_dir"] is None else PATH.parse(top["state_dir"]),
            on=_model(Listeners, top["on"]),
            env={_text(name): _text(value) for name, value in _mapping(top["env"]).items()},
            daemons={NAME.parse(name): _model(Daemon, table, name=name) for name, table in tables.items()},
            files={_text(name): _stamp(stamp) for name, stamp in _mapping(top["files"]).items()},
        )
    except (ValueError, TypeError, KeyError, ExceptionGroup, RecursionError) as error:
        raise NoManifest(repr(error)) from error


def _table(value: Any) -> dict[str, Any]:
    model: type = type(value)
    written = {}
    for key in keys_of(model):
        held = getattr(value, key.field)
        if held == key.default:
            continue
        if isinstance(key.type, Table):
            written[key.name] = _table(held)
        elif not isinstance(key.type, Named):
            written[key.name] = key.type.dump(held)
    return written


def _model(model: type, table: object, **fields: Any) -> Any:
    left = dict(_mapping(table))
    for key in keys_of(model):
        if key.name not in left:
            continue
        value = left.pop(key.name)
        if isinstance(key.type, Table):
            fields[key.field] = _model(key.type.model, value)
        elif not isinstance(key.type, Named):
            fields[key.field] = key.type.parse(value)
    if left:
        raise NoManifest(f"unknown keys: {sorted(map(str, left))[:5]}")
    return model(**fields)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NoManifest(f"{type(value).__name__} in place of a table")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NoManifest(f"{type(value).__name__} in place of a text")
    return value


def _stamp(value: object) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(type(number) is int for number in value):
        raise NoManifest("no stamp of a file")
    return value[0], value[1]
