"""Which key or value was meant: by how it is written, by other systems' words, by the table it belongs to.

Knows no file and no place. Imported only when something is wrong; the words stand in `elsewhere.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from udaemon.manifest.elsewhere import IN_TABLES, SYSTEMS, TOP, Word
from udaemon.manifest.instead import RESTART, TODAY
from udaemon.manifest.keys import Key, Table, keys_of
from udaemon.manifest.model import KINDS, Daemon
from udaemon.manifest.problems import Path, Wrong
from udaemon.manifest.references import SignalName
from udaemon.manifest.root import Root
from udaemon.manifest.values import Choice, Duration, Number, Size
from udaemon.manifest.wording import near, shown

_FEW = 8
"""So many keys can be listed in a hint."""


def meant(name: str, model: type, path: Path, own: Mapping[str, Any]) -> str | None:
    """Return what an unknown key of the table at `path` may have been meant for; `own` is the table."""
    if name.startswith("x-"):
        return "keys that begin with x- stand at the top level only"
    table = table_of(path)
    known = {plain(key.name): key.name for key in keys_of(model)}
    if plain(name) in known:
        return f"did you mean {known[plain(name)]}?"
    if word := word_for(name, table):
        return _of_word(word, table, own)
    if elsewhere := _elsewhere_here(name, table):
        return elsewhere
    if close := near(name, known.values()):
        return f"did you mean {close}?"
    if table is None and len(name) < 64 and isinstance(own.get(name), (str, dict)):
        return f"a daemon stands below daemons: [daemons.{name}]{'' if is_daemon(own[name]) else ' with command'}"
    return f"known here: {', '.join(known.values())}" if len(known) <= _FEW else None


def target(name: str, table: str | None, *, close: bool = True) -> str | None:
    """Return the key that a word stands for in a table, with `close` also a misspelt one; None for any other word."""
    known = _known(Root if table is None else Daemon)
    if (same := known.get(plain(name))) is not None:
        return same
    word = word_for(name, table)
    return word.key if word else near(name, known.values()) if close else None


@cache
def _known(model: type) -> Mapping[str, str]:
    return {plain(key.name): key.name for key in keys_of(model)}


def is_daemon(table: object) -> bool:
    """Whether something that stands at the top level is a daemon by what is in it."""
    return isinstance(table, dict) and any(target(name, "", close=False) in KINDS for name in table)


def value_hint(key: Key, value: Any) -> str | None:
    """Return how a value that its key does not take is written here."""
    if isinstance(key.type, Table):
        return _part_for(key, value) if key.type.model is not Daemon else None
    if key.name != "restart":
        return None
    if isinstance(value, bool):
        return RESTART[str(value).lower()]
    if not isinstance(value, str):
        return None
    word, colon, count = value.lower().partition(":")
    if colon and word == "on-failure" and count.isascii() and count.isdecimal() and len(count) < 6:
        return f'write "on-failure" and start-limit.count = {int(count)}'
    return RESTART.get(value.lower())


def for_a_command(name: str) -> str | None:
    """Return what serves a command in place of a key that is for tasks."""
    match name:
        case "memory-limit" | "memory-threshold":
            return "take it out; for a command it is cgroup.memory-max"
        case "params":
            return "take it out: arguments stand in command, behind the program"
        case _:
            return None


def plain(name: str) -> str:
    """Write a name without what tells minSleep, min_sleep and min-sleep apart."""
    return name.lower().replace("_", "").replace("-", "")


def table_of(path: Path) -> str | None:
    """Return which table of a daemon a path leads to: "" for the daemon itself, None for the top level."""
    inner = path[2:] if path[:1] == ("daemons",) else path[1:]
    return ".".join(map(str, inner)) if path else None


def there(dotted: str) -> bool:
    """Whether a key is in the model, of a daemon or of the top level."""
    return _is_in(Daemon, dotted) or _is_in(Root, dotted)


def serves_instead(dotted: str) -> str | None:
    """Return what serves in place of a key that the model does not have; None for one that it has."""
    if there(dotted):
        return None
    return TODAY.get(dotted) or TODAY.get(dotted.partition(".")[0]) or ""


def word_for(name: str, table: str | None) -> Word | None:
    """Find the word of another system that is meant in a table, however it is written."""
    return _words(table).get(plain(name))


@cache
def _words(table: str | None) -> Mapping[str, Word]:
    rows: dict[str, Word] = {}
    groups = [TOP] if table is None else [IN_TABLES.get(table, ()), *SYSTEMS.values()]
    groups.append(tuple(Word(key, key) for key in TODAY))
    for word in (word for group in groups for word in group):
        rows.setdefault(plain(word.word), word)
    return rows


def _of_word(word: Word, table: str | None, own: Mapping[str, Any]) -> str:
    if not word.key:
        return word.note
    missing = serves_instead(word.key)
    if missing is not None:
        return f"{word.key} is not there yet{': ' if missing else ''}{missing}"
    if plain(word.word) == "args" and not _is_a_command(own):
        return "did you mean params? keyword arguments, a table"
    key = word.key.removeprefix(f"{table}.") if table else word.key
    where = " in the daemon itself" if table and key == word.key else ""
    return f"did you mean {key}{where}?{' ' if word.note else ''}{word.note}"


def _is_a_command(own: Mapping[str, Any]) -> bool:
    return not {"factory", "task"} & set(own) and (
        "command" in own or any(target(name, "") == "command" for name in own if plain(name) != "args")
    )


def _elsewhere_here(name: str, table: str | None) -> str | None:
    """Find a key of ours that stands in another table than this one."""
    daemon = {plain(key.name): key.name for key in keys_of(Daemon)}
    if table is None:
        found = daemon.get(plain(name)) or _target_there(name)
        return f"{found} stands in a daemon, [daemons.NAME], or for all of them in [defaults]" if found else None
    if table:
        found = daemon.get(plain(name))
        return f"{found} stands in the daemon itself, before [….{table}]" if found else None
    top = {plain(key.name): key.name for key in keys_of(Root)}
    if plain(name) in top:
        return f"{top[plain(name)]} stands at the top level, above every [table]"
    inner = [
        f"{key.name}.{part.name}"
        for key in keys_of(Daemon)
        if isinstance(key.type, Table)
        for part in keys_of(key.type.model)
        if plain(part.name) == plain(name)
    ]
    return f"did you mean {' or '.join(inner)}?" if inner else None


def _target_there(name: str) -> str | None:
    word = word_for(name, "")
    return word.key if word and word.key and there(word.key) else None


def _part_for(key: Key, value: Any) -> str | None:
    """Find the part of a table that takes a value which stands for the whole table."""
    if not isinstance(key.type, Table) or isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    for part in keys_of(key.type.model):
        if not isinstance(part.type, Choice | Duration | Number | SignalName | Size):
            continue
        try:
            part.type.parse(value)
        except (Wrong, ExceptionGroup):
            continue
        return f"write {key.name} = {{ {part.name} = {shown(value)} }}"
    return None


def _is_in(model: type, dotted: str) -> bool:
    first, _, rest = dotted.partition(".")
    key = next((key for key in keys_of(model) if key.name == first), None)
    if key is None or not rest:
        return key is not None
    return isinstance(key.type, Table) and _is_in(key.type.model, rest)
