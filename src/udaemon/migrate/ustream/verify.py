"""Compares a manifest with what PHP read from the ini files it was imported from.

Knows nothing of how the manifest was read: it gets its tables as they are written, with variables put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from udaemon.manifest.measures import parse_duration, parse_size
from udaemon.migrate.ustream import quantities
from udaemon.migrate.ustream.plan import Imported, is_todo

_MEMORY = "a run's memory is measured as RSS, right after the run; PHP compared its peak, after the pause"
_PHP_MEMORY = "memory is what PHP holds right after the run, and only PHP is started anew; it compared its peak"
_STOP = "after stop.timeout the whole process tree is killed; PHP waited for ever"
_OUTPUT = "standard output and errors are in udaemon's log; PHP left them to whoever started it"
_LOOP = (
    "TERM lets the run finish and tells task-done too; PHP left without telling it",
    _STOP,
    "HUP, USR1, USR2 and CHLD do not end a pause; in PHP any of them started the next run at once",
    "the period does not drift; PHP's grew by some 0.14 ms a run and followed the wall clock",
    "sleeps above 4294 s are as long as written; PHP's wrapped",
    "exit codes tell how a daemon ended; PHP left with 0 for nearly everything",
    "files are created with umask 022; PHP used 0",
    'log lines begin with a UTC time; PHP\'s, and those of log.format = "legacy", with MM/DD/YYYY, a p and the pid',
    "INT stops a daemon as TERM does; in PHP it killed the daemon and left its pid file",
)


def remaining(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """What is different by design, one line each. Where PHP keeps the loop, that is little."""
    defaults = _table(manifest.get("defaults"))
    tables = [_whole(defaults, _table(table)) for table in _table(manifest.get("daemons")).values()]
    if tables and all(_is_php(table, "id") or "command" in table for table in tables):
        return (_STOP, _OUTPUT)
    return (_PHP_MEMORY if any(_is_php(table, "factory") for table in tables) else _MEMORY, *_LOOP)


def differences(
    imports: Sequence[Imported], manifest: Mapping[str, Any], resolve: Callable[[str], str]
) -> Iterator[str]:
    """One line for each place where the manifest and PHP do not agree.

    Args:
        imports: What PHP read.
        manifest: Its tables, variables put in.
        resolve: Puts variables into a text.
    """
    defaults, daemons = _table(manifest.get("defaults")), _table(manifest.get("daemons"))
    names = {one.name for one in imports if one.result.ok}
    for one in imports:
        if not one.result.ok:
            yield f"{one.file}: not imported"
        elif one.name not in daemons:
            yield f"{one.name}: {one.file} has no daemon"
        else:
            table = _whole(defaults, _table(daemons[one.name]))
            yield from (f"{one.name}: {text}" for text in _daemon(one, table, resolve))
    for name in daemons:
        if name not in names:
            yield f"{name}: no ini file"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A daemon with its defaults; what they share of `php` is no wish of a daemon that says another thing to run."""
    whole = {**defaults, **own}
    whole.pop("php", None)
    if "php" in own or not {"factory", "command"} & whole.keys():
        php = {**_table(defaults.get("php")), **_table(own.get("php"))}
        return whole | ({"php": php} if php else {})
    return whole


def _is_php(table: Mapping[str, Any], way: str) -> bool:
    """Whether PHP does a daemon's runs (`factory`), or all of it (`id`)."""
    php = _table(table.get("php"))
    return ("factory" in php) == (way == "factory") and bool({"factory", "id", "entry"} & php.keys())


def _daemon(one: Imported, table: Mapping[str, Any], resolve: Callable[[str], str]) -> Iterator[str]:
    values = one.result.values or {}
    expected = {setting.key: setting.value for setting in one.settings if setting.written}
    for key, value in table.items():
        if is_todo(value):
            yield f"{key} is still to do ({_shown(value)})"
    whole = _is_php(table, "id") or "command" in table
    if not whole:
        yield from _pace(one, table)
    for key in ("memory-limit", "memory-threshold"):
        if whole or (key in table and is_todo(table[key])):
            continue
        if key in values and key not in table:
            yield f"{key} {_shown(values[key])} is not in the manifest"
        elif key in expected and key in table and _plain(expected[key]) != _plain(table[key]):
            yield f"{key} is {_shown(table[key])}, from {one.file} it would be {_shown(expected[key])}"
    yield from _what(one, table, expected.get("factory"))
    for key in ("instances",) if whole else ("instances", "log-dir", "common-log"):
        value = expected.get(key)
        wanted = resolve(value) if isinstance(value, str) else value
        if wanted is not None and not is_todo(table.get(key)) and table.get(key) != wanted:
            yield f"{key} is {_shown(table.get(key))}, from {one.file} it would be {_shown(wanted)}"
    if table.get("restart") != "always":
        yield "restart is not always, which is what Monit did"


def _what(one: Imported, table: Mapping[str, Any], python: Any) -> Iterator[str]:
    """What is run: PHP's daemon by its id, PHP's factory, or a Python one by the rules of a map file."""
    php = _table(table.get("php"))
    if _is_php(table, "id"):
        if (name := php.get("id", one.name)) != one.identifier:
            yield f"php.id is {_shown(name)}, {one.file} is that of {_shown(one.identifier)}"
        if "entry" not in php:
            yield "php has no entry, the script that starts it"
    elif _is_php(table, "factory"):
        if one.factory and not is_todo(php["factory"]) and php["factory"] != one.factory:
            yield f"php.factory is {_shown(php['factory'])}, from {one.file} it would be {_shown(one.factory)}"
    elif python not in {None, table.get("factory")} and not is_todo(python) and not is_todo(table.get("factory")):
        yield f"factory is {_shown(table.get('factory'))}, from {one.file} it would be {_shown(python)}"


def _pace(one: Imported, table: Mapping[str, Any]) -> Iterator[str]:
    values = one.result.values or {}
    for key in ("sleep", "min-sleep"):
        text = values.get(key, "")
        if not isinstance(text, str) or is_todo(table.get(key)):
            continue
        old = quantities.seconds(text, empty_is_zero=True, php5=one.result.php == "5").value
        if old != _seconds(table.get(key, 0)):
            yield f"{key} is {_shown(table.get(key))}, PHP read {_shown(text)}"


def _plain(value: Any) -> Any:
    """A size as bytes, however it is written; what is none, and no limit, as it is."""
    size = parse_size(value) if isinstance(value, str) else None
    return value if size is None else size


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        return parse_duration(value)
    return float(value) if isinstance(value, (int, float)) else None


def _shown(value: Any) -> str:
    return "not set" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
