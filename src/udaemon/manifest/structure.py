"""From plain tables to the model, strictly, by cattrs: every wrong key and every wrong value is found in one pass.

Knows nothing of files, layers and places; findings carry the path of the key. The types of the keys are cattrs' hooks,
and its tree of exceptions is walked back to paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import count
from typing import Any

from attrs import fields
from cattrs import ClassValidationError, Converter, IterableValidationError, IterableValidationNote
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.problems import Finding, Path, Wrong
from udaemon.manifest.references import NAME
from udaemon.manifest.root import Root
from udaemon.manifest.values import wrong_type

Hook = Callable[[Any, Any], Any]

_NAMED = "\0name"
"""The key under which a table in a table of tables carries its own name; no manifest can write it."""

_DECISIVE = frozenset(
    (
        None,
        "command",
        "cwd",
        "enabled",
        "env",
        "env-file",
        "extends",
        "factory",
        "on",
        "params",
        "php",
        "preload",
        "shell",
        "task",
    )
)
"""A daemon in which one of these is wrong, or its name, is left out: what would be imported or run is not known."""

_SUGGESTIONS = 100
"""After so many unknown keys nobody reads what was meant, and looking for it takes longer than all the rest."""


class _Told:
    """What is looked up while findings are told: the tables as they were written, and a count of unknown keys."""

    def __init__(self, top: Mapping[str, Any]) -> None:
        self.top = top
        self.unknown = count()

    def table(self, path: Path) -> Mapping[str, Any]:
        found: Any = self.top
        for part in path:
            found = found[part]
        return found if isinstance(found, Mapping) else {}


def structure(top: Mapping[str, Any]) -> tuple[Root, list[Finding]]:
    """Build the model of a whole manifest, in which `defaults` are merged already.

    What is wrong is left out: a key of the top level or of a daemon; the whole daemon where it decides what runs.
    """
    try:
        return _converter().structure(top, Root), []
    except ClassValidationError as error:
        findings = list(_findings(error, (), _Told(top)))
    sound = _without({finding.path[:3] for finding in findings}, top)
    return _converter().structure(sound, Root), findings


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(lambda model: hasattr(model, "__attrs_attrs__"), partial(_of, converter))
    return converter


def _of(converter: Converter, model: type) -> Hook:
    """How cattrs reads the table of one model class; attributes that no key says come under `_NAMED`."""
    keys = {key.field: override(rename=key.name, struct_hook=_hook(converter, key)) for key in keys_of(model)}
    unsaid = {a.name: override(rename=_NAMED, struct_hook=_as_is) for a in fields(model) if a.name not in keys}
    told: Any = {**keys, **unsaid}  # mypy takes these for the keywords before them
    return make_dict_structure_fn(model, converter, **told)


def _hook(converter: Converter, key: Key) -> Hook:
    match key.type:
        case Table(model):
            return partial(_whole, converter, key, model)
        case Named(model):
            return partial(_named, converter, model)
        case of:
            return partial(_plain, key, of.parse)


def _plain(key: Key, parse: Callable[[Any], Any], value: Any, _type: Any) -> Any:
    try:
        return parse(value)
    except Wrong as error:
        error.hint = _written_here(key, value) or error.hint
        if isinstance(value, str) and value.startswith("TODO"):  # as an import leaves it
            error.message += ": it is still to do"
        raise


def _as_is(value: Any, _type: Any) -> Any:
    return value


def _whole(converter: Converter, key: Key, model: type, value: object, of: Any) -> Any:
    try:
        return _table(converter, model, value, of)
    except Wrong as error:
        error.hint = _written_here(key, value) or error.hint
        raise


def _written_here(key: Key, value: object) -> str | None:
    from udaemon.manifest.meant import value_hint

    return value_hint(key, value)


def _table(converter: Converter, model: type, value: object, _type: Any, name: str = "") -> Any:
    if not isinstance(value, dict):
        raise wrong_type("a table", value)
    return converter.structure({_NAMED: name, **value} if _has_unsaid(model) else value, model)


@cache
def _has_unsaid(model: type) -> bool:
    """Whether there are attributes that no key says."""
    return len(fields(model)) > len(keys_of(model))


def _named(converter: Converter, model: type, value: object, _type: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong_type("a table of daemons", value, "each one is a table under its name, such as [daemons.mailer]")
    read: dict[str, Any] = {}
    wrong: list[Exception] = []
    for name, table in value.items():
        errors: list[Exception] = list(_wrong_name(name))
        try:
            read[name] = _table(converter, model, table, None, name)
        except (Wrong, ClassValidationError) as error:
            errors.append(error)
        for each in errors:
            each.add_note(IterableValidationNote(f"the table {name}", name, model))
        wrong += errors
    if wrong:
        raise IterableValidationError("tables", wrong, dict)
    return read


def _wrong_name(name: str) -> Iterator[Wrong]:
    try:
        NAME.parse(name)
    except Wrong as error:
        error.at_key = True
        yield error


def _without(wrong: set[Path], top: Mapping[str, Any]) -> dict[str, Any]:
    """The tables without what is wrong: keys of the top level, keys of daemons, or whole daemons."""
    from udaemon.manifest.meant import target  # a misspelt key decides too

    below: dict[Any, list[Path]] = {}
    for path in wrong:
        if len(path) > 1:
            below.setdefault(path[0], []).append(path)
    sound = {}
    for name, value in top.items():
        inner = below.get(name, [])
        if name == "daemons" and isinstance(value, dict):
            keys: dict[Any, set[Any]] = {}
            for path in inner:
                key = path[2] if len(path) > 2 else None
                keys.setdefault(path[1], set()).update(
                    {key, key and (target(str(key), "", close=len(wrong) <= _SUGGESTIONS) or key)}
                )
            sound[name] = {
                one: {key: part for key, part in table.items() if key not in keys[one]} if one in keys else table
                for one, table in value.items()
                if keys.get(one, set()).isdisjoint(_DECISIVE)
            }
        elif (name,) not in wrong and not inner:
            sound[name] = value
    return sound


def _findings(error: BaseException, path: Path, told: _Told) -> Iterator[Finding]:
    """Everything that is wrong below `path`."""
    match error:
        case ClassValidationError():
            for inner in error.exceptions:
                if isinstance(inner, ForbiddenExtraKeysError):
                    yield from _unknown(inner, path, told)
                else:
                    names = {key.field: key.name for key in keys_of(error.cl)}
                    yield from _findings(inner, (*path, names[_note(inner, AttributeValidationNote).name]), told)
        case IterableValidationError():
            for inner in error.exceptions:
                yield from _findings(inner, (*path, _note(inner, IterableValidationNote).index), told)
        case Wrong():
            found = Finding(error.code, error.message, error.hint, (*path, *error.path), error.at_key)
            yield found._replace(within=error.within)
        case ExceptionGroup():
            for inner in error.exceptions:
                yield from _findings(inner, path, told)
        case _:
            raise error


def _note(error: BaseException, kind: type[Any]) -> Any:
    """Where cattrs says that an exception comes from: the last note, for those before may be another table's."""
    return next(note for note in reversed(error.__notes__) if isinstance(note, kind))


def _unknown(error: ForbiddenExtraKeysError, path: Path, told: _Told) -> Iterator[Finding]:
    from udaemon.manifest.meant import meant  # only a mistake should cost the words of other systems

    own = told.table(path)
    for name in sorted(error.extra_fields):
        hint = meant(name, error.cl, path, own) if next(told.unknown) < _SUGGESTIONS else None
        yield Finding("unknown-key", "unknown key", hint, (*path, name), at_key=True)
