"""Writes imported daemons as a manifest, in TOML or YAML, each key with a comment that says where it came from.

Knows nothing of what the values mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from udaemon.migrate.ustream.plan import Imported, Plain, Setting, Wishes

_RESTART = Setting(key="restart", value="always", origin="Monit started a daemon again however it had ended")
_CWD = Setting(key="cwd", value="/", origin="where the library's daemons ran")
_STOP = Setting(key="stop", value={"timeout": "1h"}, origin="PHP waited for a run however long it took")
_CONTEXT = "TODO: what your entry script passes as context, if it does (--context)"
_BARE_KEY = re.compile(r"[a-z_][a-z0-9_-]*")
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class _Form(Protocol):
    """A format: how a table begins and how a key is written in it."""

    def top(self, setting: Setting) -> str: ...
    def daemons(self) -> Iterator[str]: ...
    def table(self, *path: str) -> Iterator[str]: ...
    def key(self, setting: Setting, depth: int) -> str: ...


def emit(imports: Sequence[Imported], wishes: Wishes, *, title: str, form: str) -> str:
    """The text of a manifest.

    Args:
        imports: What came of each file; a broken one is a comment.
        wishes: Context and run directory.
        title: What the first comment says.
        form: "toml" or "yaml".
    """
    writer: _Form = _Toml() if form == "toml" else _Yaml()
    lines = [f"# {_escaped(title)}", "# `udaemon check` says what is still to do.", ""]
    if wishes.context:
        lines.append(writer.top(Setting(key="context", value=wishes.context, origin="")))
    else:
        example = Setting(key="context", value="production", origin=_CONTEXT, written=False)
        lines.append(writer.top(example))
    if wishes.run_dir and wishes.bridge is None:
        # The PHP library keeps its own pid files, and takes one of ours for another daemon that runs.
        lines.append(writer.top(Setting(key="run-dir", value=wishes.run_dir, origin="")))
    lines += ["", *writer.table("defaults"), writer.key(_RESTART, 1), writer.key(_CWD, 1)]
    if wishes.keeps_php:
        lines.append(writer.key(_STOP, 1))
    shared = wishes.bridge.shared if wishes.bridge else {"bootstrap": wishes.bootstrap} if wishes.bootstrap else {}
    if shared:
        value = {key: text.replace("$", "$$") for key, text in shared.items()}
        origin = "starts a daemon by its --id" if wishes.bridge else "makes the PHP classes known"
        lines.append(writer.key(Setting(key="php", value=value, origin=origin), 1))
    lines += writer.daemons()
    for one in imports:
        if one.result.ok:
            lines += ["", *writer.table("daemons", one.name), *(writer.key(setting, 2) for setting in one.settings)]
    broken = [one for one in imports if not one.result.ok]
    if broken:
        lines.append("")
    for one in broken:
        reason = f"{one.file} is not here: PHP refuses it at line {one.result.line} ({one.result.reason})"
        lines.append(f"# {_escaped(reason)}")
    return "\n".join(lines) + "\n"


def _line(text: str, setting: Setting, indent: str = "") -> str:
    mark = "" if setting.written else "# "
    note = f"  # {_escaped(setting.origin)}" if setting.origin else ""
    return f"{indent}{mark}{text}{note}"


class _Toml:
    """TOML: tables have headers."""

    def top(self, setting: Setting) -> str:
        """A key of the manifest itself."""
        return _line(f"{setting.key} = {_value(setting.value, ' = ')}", setting)

    def daemons(self) -> Iterator[str]:
        """Nothing stands before the daemons' own headers."""
        yield from ()

    def table(self, *path: str) -> Iterator[str]:
        """The header."""
        yield f"[{'.'.join(path)}]"

    def key(self, setting: Setting, depth: int) -> str:  # noqa: ARG002 - depth is YAML's
        """A key below the header."""
        return self.top(setting)


class _Yaml:
    """YAML: tables are indented."""

    def top(self, setting: Setting) -> str:
        """A key of the manifest itself."""
        return _line(f"{setting.key}: {_value(setting.value, ': ')}", setting)

    def daemons(self) -> Iterator[str]:
        """The table that holds them."""
        yield from ("", "daemons:")

    def table(self, *path: str) -> Iterator[str]:
        """The last name of the path, indented under those before it."""
        name = path[-1] if _BARE_KEY.fullmatch(path[-1]) and path[-1] not in _YAML_WORDS else _text(path[-1])
        yield f"{'  ' * (len(path) - 1)}{name}:"

    def key(self, setting: Setting, depth: int) -> str:
        """A key in a table."""
        return _line(f"{setting.key}: {_value(setting.value, ': ')}", setting, "  " * depth)


def _value(value: Plain, equals: str) -> str:
    """A value that TOML and YAML both read, but for what stands between key and value in a table."""
    if isinstance(value, list):
        return f"[{', '.join(_text(part) for part in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key}{equals}{_text(part)}' for key, part in value.items())} }}"
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
