"""Expansions of other systems where nothing makes them: `%(ENV_HOME)s`, `$(circus.env.HOME)`, `{{.Env.HOME}}`, `$HOME`.

Knows text as it is written, before variables are put in, so that `$$HOME` is what somebody meant. What a shell reads,
and `$NAME` in a command, is `shell_syntax`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.secrets import is_secret

_OPAQUE = re.compile(r"\$\$|\$\{[^}]*\}")
"""What udaemon itself replaces."""

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_NAMED = (
    re.compile(rf"%\(ENV_({_WORD})\)[sd]"),
    re.compile(rf"\$\(circus\.env\.({_WORD})\)|\(\(circus\.env\.({_WORD})\)\)"),
    re.compile(rf"\{{\{{-?\s*\.Env\.({_WORD})\s*-?\}}\}}"),
)
"""Supervisor's, circus's and the Go templates' forms of a variable."""

_BARE = re.compile(r"(?:^|(?<=[\s:=/,;]))\$([A-Z_][A-Z0-9_]+)(?![A-Za-z0-9_@])")
"""Only where a path or an address would have it, and as variables are called: `pa$Word` may well be a password."""

_HOME = re.compile(r"(?:%h|~)/")
_NUMBER = "write ${UDAEMON_INSTANCE} in command or env"
_OF_THE_DAEMON = {
    re.compile(r"%\((?:program_name|group_name)\)s"): "write the daemon's name, or ${UDAEMON_NAME} in command or env",
    re.compile(r"%\(process_num\)[0-9]*[sd]"): _NUMBER,
    re.compile(r"\$\(circus\.wid\)|\(\(circus\.wid\)\)|\{\{\s*\.PC_REPLICA_NUM\s*\}\}|\{PC_REPLICA_NUM\}"): _NUMBER,
    re.compile(r"%\(numprocs\)[0-9]*[sd]"): "write ${UDAEMON_INSTANCES} in command or env",
    re.compile(r"%\(here\)s"): "write the directory, or set cwd and begin the path with ./",
    re.compile(r"%\(host_node_name\)s"): "write ${HOSTNAME} and set it in the environment or in .env",
}

_UNNAMED = ("what another system replaces", "write ${VAR}; $$ for a dollar sign")
"""For what may be a password that only looks like a variable: nothing of it is shown."""


def check_expansions(written: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Warn of each value of one file that another system would put something into, and udaemon does not."""
    for path, table in _tables(written):
        for key, look in (("env", _of_variable), ("params", _of_text), ("command", _known)):
            for where, text in _texts(table.get(key), (*path, key)):
                if told := look(_OPAQUE.sub("\0", text)):
                    form, hint = told if not any(is_secret(str(part)) for part in where) else _UNNAMED
                    message = f"{form} is no reference here, and stays as it stands"
                    yield Finding("not-expanded", message, hint, where, severity="warning", file=file)


def _tables(top: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield (), {"env": top.get("env")}
    daemons = top.get("daemons")
    tables: list[tuple[Path, Any]] = [(("defaults",), top.get("defaults"))]
    tables += [(("daemons", name), own) for name, own in daemons.items()] if isinstance(daemons, Mapping) else []
    yield from ((path, table) for path, table in tables if isinstance(table, Mapping))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*path, index))


def _known(text: str) -> tuple[str, str] | None:
    """Find what only another system writes so."""
    for form in _NAMED:
        if found := form.search(text):
            name = next(group for group in found.groups() if group)
            return found[0], f"write ${{{name}}}"
    for form, hint in _OF_THE_DAEMON.items():
        if found := form.search(text):
            return found[0], hint
    return None


def _of_text(text: str) -> tuple[str, str] | None:
    """Find a shell's variable too."""
    if (told := _known(text)) is None and (found := _BARE.search(text)):
        return f"${found[1]}", f"write ${{{found[1]}}}, or $${found[1]} if it is meant so"
    return told


def _of_variable(text: str) -> tuple[str, str] | None:
    """Find a home directory too: what reads a variable hardly ever looks for one, and a factory may."""
    if (told := _of_text(text)) is None and (found := _HOME.match(text)):
        return found[0], "write ${HOME}/"
    return told
