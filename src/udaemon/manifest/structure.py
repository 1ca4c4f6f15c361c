"""From plain tables to the model, strictly: every wrong key and every wrong value is found in one pass.

Knows nothing of files, layers and places; findings carry the path of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from cattrs import AttributeValidationNote, Converter, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.problems import Finding, Path, Wrong
from udaemon.manifest.references import NAME
from udaemon.manifest.root import Root
from udaemon.manifest.values import wrong_type
from udaemon.manifest.wording import near

_NAME_KEY = "\0name"
"""Carries a daemon's name into its table: NUL can stand in no manifest."""

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


def structure(top: Mapping[str, Any]) -> tuple[Root | None, list[Finding]]:
    """Build the model of a whole manifest, in which `defaults` are merged already; None where anything is wrong."""
    try:
        return _converter().structure(top, Root), []
    except Exception as error:  # noqa: BLE001 - cattrs collects whatever a hook raises; only ours may pass
        return None, list(_findings(error, (), iter(range(_SUGGESTIONS))))


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    _register(converter, Root, set())
    return converter


def _register(converter: Converter, model: type, known: set[type]) -> None:
    """Teach the converter one model class, and first the classes of its tables that it does not know yet."""
    known.add(model)
    overrides: dict[str, Any] = {}
    for key in keys_of(model):
        if isinstance(key.type, (Table, Named)) and key.type.model not in known:
            _register(converter, key.type.model, known)
        overrides[key.field] = override(rename=key.name, struct_hook=_hook(converter, key))
    if model is Daemon:
        overrides["name"] = override(rename=_NAME_KEY, struct_hook=lambda value, _: value)
    build: Callable[[Mapping[str, Any], type], Any] = make_dict_structure_fn(
        model, converter, _cattrs_forbid_extra_keys=True, **overrides
    )

    def table(value: object, model: type) -> Any:
        if not isinstance(value, Mapping):
            raise wrong_type("a table", value)
        return build(value, model)

    converter.register_structure_hook(model, table)


def _hook(converter: Converter, key: Key) -> Callable[[Any, Any], Any]:
    if isinstance(key.type, Named):
        return lambda value, _: _named(converter, value)
    if isinstance(key.type, Table):
        model = key.type.model
        if model is Daemon:  # `defaults`: a daemon without a name
            return lambda value, _: converter.structure(_with_name(value, ""), Daemon)
        return lambda value, _: converter.structure(value, model)
    parse = key.type.parse
    return lambda value, _: parse(value)


def _with_name(value: Any, name: str) -> Any:
    return {**value, _NAME_KEY: name} if isinstance(value, Mapping) else value


def _named(converter: Converter, value: object) -> dict[str, Daemon]:
    if not isinstance(value, Mapping):
        raise wrong_type("a table of daemons", value)
    daemons: dict[str, Daemon] = {}
    wrong: list[Exception] = []
    for name, table in value.items():
        try:
            NAME.parse(name)
        except Wrong as error:
            error.path, error.at_key = (name,), True
            wrong.append(error)
            continue
        try:
            daemons[name] = converter.structure(_with_name(table, name), Daemon)
        except Exception as error:  # noqa: BLE001 - see `structure`
            error.add_note(IterableValidationNote(name, name, Daemon))
            wrong.append(error)
    if wrong:
        raise ExceptionGroup("daemons", wrong)
    return daemons


def _findings(error: BaseException, path: Path, budget: Iterator[int]) -> Iterator[Finding]:
    """Walk the tree of exceptions; the notes say which key each one is about."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            path = (*path, _written(note, path))
        elif isinstance(note, IterableValidationNote):
            path = (*path, note.index)
    match error:
        case ForbiddenExtraKeysError():
            for name in sorted(error.extra_fields):
                hint = _meant(name, error.cl) if next(budget, None) is not None else None
                yield Finding("unknown-key", "unknown key", hint, (*path, name), at_key=True)
        case BaseExceptionGroup():
            for inner in error.exceptions:
                yield from _findings(inner, path, budget)
        case Wrong():
            yield Finding(error.code, error.message, error.hint, (*path, *error.path), error.at_key)
        case _:
            raise error


def _written(note: AttributeValidationNote, path: Path) -> str:
    """Name an attribute as the manifest writes it; cattrs notes the attribute's own name."""
    top = {key.field: key.name for key in keys_of(Root)} if not path else {}
    return top.get(note.name, note.name.replace("_", "-"))


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
