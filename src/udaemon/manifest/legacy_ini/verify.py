"""Compares a manifest with what PHP read from the ini files it was imported from.

Knows nothing of how the manifest was read: it gets its tables as they are written, with variables put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from udaemon.manifest.legacy_ini import quantities
from udaemon.manifest.legacy_ini.plan import Imported, Wishes, is_todo
from udaemon.manifest.measures import parse_duration, parse_size

_MEMORY = "a run's memory is measured as RSS, right after the run; PHP compared its peak, after the pause"
_PHP_MEMORY = "memory is what PHP holds right after the run, and only PHP is started anew; it compared its peak"
_STOP = "after the stop time-out (10 s) the whole process tree is killed; PHP waited for ever"
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


def remaining(wishes: Wishes) -> tuple[str, ...]:
    """What is different by design, one line each. The bridge leaves the loop to PHP, and with it nearly all."""
    if wishes.bridge is not None:
        return (_STOP, _OUTPUT)
    return (_MEMORY if wishes.bootstrap is None else _PHP_MEMORY, *_LOOP)


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
            table = {**defaults, **_table(daemons[one.name])}
            yield from (f"{one.name}: {text}" for text in _daemon(one, table, resolve))
    for name in daemons:
        if name not in names:
            yield f"{name}: no ini file"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _daemon(one: Imported, table: Mapping[str, Any], resolve: Callable[[str], str]) -> Iterator[str]:
    values = one.result.values or {}
    expected = {setting.key: setting.value for setting in one.settings if setting.written}
    for key, value in table.items():
        if is_todo(value):
            yield f"{key} is still to do ({_shown(value)})"
    if "command" not in table:
        yield from _pace(one, table)
    for key in ("memory-limit", "memory-threshold"):
        if key in values and key not in table and "command" not in table:
            yield f"{key} {_shown(values[key])} is not in the manifest"
        elif key in expected and key in table and _plain(expected[key]) != _plain(table[key]):
            yield f"{key} is {_shown(table[key])}, from {one.file} it would be {_shown(expected[key])}"
    for key in ("factory", "php", "command", "instances", "log-dir", "common-log"):
        value = expected.get(key)
        wanted = resolve(value) if isinstance(value, str) else value
        if wanted is not None and not is_todo(wanted) and not is_todo(table.get(key)) and table.get(key) != wanted:
            yield f"{key} is {_shown(table.get(key))}, from {one.file} it would be {_shown(wanted)}"
    if table.get("restart") != "always":
        yield "restart is not always, which is what Monit did"


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
