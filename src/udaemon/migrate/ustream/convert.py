"""Makes a daemon of what PHP read in one ini file, key by key, with a note wherever that is not plain.

Knows nothing of files and of how a manifest is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from udaemon.manifest.checks import too_little
from udaemon.manifest.measures import format_size
from udaemon.manifest.model import BARE
from udaemon.migrate.ustream import quantities
from udaemon.migrate.ustream.factories import TODO
from udaemon.migrate.ustream.names import old_log, old_pid
from udaemon.migrate.ustream.plan import Imported, Plain, Setting, Wishes
from udaemon.migrate.ustream.result import Note, Result

DEFAULT_LOG_DIR = "/var/log/custom_php"
DEFAULT_COMMON_LOG = "/var/log/custom_php/daemon_util.log"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000([^\ue001]*)\ue001")


def convert(file: str, *, result: Result, marked: Result, name: str, wishes: Wishes) -> Imported:
    """Make a daemon of one file.

    Args:
        file: The file's own name; what stands before `.ini` is the library's id.
        result: The file as PHP reads it.
        marked: The same, read with `marks` for the variables of the environment.
        name: What the daemon is to be called.
        wishes: What the file does not say.
    """
    identifier = file.removesuffix(".ini")
    if result.values is None:
        return Imported(file=file, identifier=identifier, name=name, result=result, notes=result.notes)
    draft = _Draft(file=file, identifier=identifier, name=name, result=result, marked=marked, wishes=wishes)
    return Imported(
        file=file,
        identifier=identifier,
        name=name,
        result=result,
        settings=tuple(draft.settings),
        notes=tuple(sorted([*result.notes, *draft.notes], key=lambda note: note.line)),
        factory=draft.php_factory,
    )


def marks(variables: Iterable[str]) -> dict[str, str]:
    """Stand-ins for variables, by which a value shows where each of them went."""
    return {name: _MARK.format(name) for name in variables if _NAME.fullmatch(name)}


class _Draft:
    """The settings and notes of one file as they come together."""

    def __init__(
        self, *, file: str, identifier: str, name: str, result: Result, marked: Result, wishes: Wishes
    ) -> None:
        self.file, self.identifier, self.name, self.wishes = file, identifier, name, wishes
        self.values: Mapping[str, str | Mapping[str, str]] = result.values or {}
        self.marked = marked.values or {}
        self.variables, self.lines, self.php5 = result.variables, result.lines, result.php == "5"
        self.settings: list[Setting] = []
        self.notes: list[Note] = []
        if name != identifier:
            old = old_pid(identifier, wishes.context or "CONTEXT")
            renamed = f'"{identifier}" is no name here: the daemon is "{name}"; its pid file was {old}'
            self.note("", "renamed", renamed)
        if "." in identifier:
            old = old_log(identifier, wishes.context or "CONTEXT")
            self.note("", "dotted-name", f"the library lost a dotted part: its log was {old}")
        self.what()
        self.copies()
        if wishes.bridge is None:
            self.pace("sleep", empty_is_zero=True)
            self.pace("min-sleep", empty_is_zero=False)
            self.memory()
            self.logs()

    def note(self, key: str, code: str, text: str) -> None:
        """Say something about a key, or with "" about the file."""
        self.notes.append(Note(self.lines.get(key, 0), code, text))

    def put(self, key: str, value: Plain, source: str | None = None, *, comment: str = "") -> None:
        """Write a key; `source` is the ini's key where that is another, comment what else to say of it."""
        source = key if source is None else source
        line = self.lines.get(source)
        origin = ", ".join(part for part in (f"{self.file}:{line}" if line else "", comment) if part)
        self.settings.append(Setting(key=key, value=value, origin=origin, written=key in self.wishes.keys))

    def text(self, key: str) -> str | None:
        """A key's text; an array is none the library can use."""
        value = self.values.get(key)
        if isinstance(value, Mapping):
            self.note(key, "array", f"`{key}` is an array; the library expects a text")
            return None
        return value

    def what(self) -> None:
        """`factory`, `php`, or the command that runs the PHP one."""
        php = self.php_factory = self.factory()
        if self.wishes.bridge is not None:
            self.run_php(php)
            return
        if self.wishes.bootstrap is not None:
            self.put("php", {"factory": php.replace("$", "$$") or f"{TODO}no factory in {self.file}"}, "factory")
            return
        if not php:
            self.put("factory", f"{TODO}no factory in {self.file}")
            return
        python = self.wishes.rules.apply(php)
        if python is None:
            self.note("factory", "todo-factory", f"no rule of a map file makes a Python factory of {php}")
        self.put("factory", python or TODO + php, comment=php if python else "")

    def run_php(self, php: str) -> None:
        """`php`: the old daemon as it is. What else is in the ini file, PHP reads by itself."""
        self.put("php", {"id": self.identifier.replace("$", "$$")}, "factory", comment=f"runs {php}" if php else "")

    def count(self) -> int | None:
        """How many copies there are, if that was said."""
        return self.wishes.instances.get(self.identifier, self.wishes.instances.get(self.name))

    def factory(self) -> str:
        """PHP's factory; a pair in an array is a class and a method."""
        value = self.values.get("factory", "")
        if isinstance(value, Mapping):
            parts = [*value.values()]
            if len(parts) == 2:
                return "::".join(parts)
            self.note("factory", "array", "`factory` is an array, but no pair of class and method")
            return ""
        if not value:
            self.note("factory", "no-factory", "no factory: the old daemon could not start (exit 1)")
        return value

    def copies(self) -> None:
        """`instances`: how many were launched is not in the file; `instance=k` says which one this is."""
        count = self.count()
        if count is not None:
            self.put("instances", count, "instance", comment="--instances")
        elif "instance" in self.values and self.wishes.bridge is None:
            number = quantities.integer(self.text("instance") or "")
            said = f"`instance` makes this one copy of several, number {number}; how many there are is not in the file"
            self.note("instance", "instance", f"{said}: say it with --instances {self.identifier}=N")

    def pace(self, key: str, *, empty_is_zero: bool) -> None:
        """`sleep` and `min-sleep`."""
        text = self.text(key)
        if text is not None:
            self.quantity(key, quantities.seconds(text, empty_is_zero=empty_is_zero, php5=self.php5), text, _number)

    def memory(self) -> None:
        """`memory-limit` and `memory-threshold`."""
        if "memory-limit" not in self.values and self.wishes.bootstrap is None:
            text = "no memory-limit: that of php.ini counted, and 70 percent of it ended the daemon with exit code 0"
            self.note("", "php-ini-limit", text)
        threshold = self.text("memory-threshold")
        if (limit := self.text("memory-limit")) is not None:
            quantity = quantities.memory(limit)
            self.tell("memory-limit", quantity)
            if quantity.value is not None:
                size = _size(quantity.value)
                small = self.small(quantity.value, "70" if threshold is None else threshold)
                self.put("memory-limit", size, comment=", ".join(filter(None, (_written(limit, size), small))))
                self.missing("memory-limit")
        if threshold is not None:
            self.quantity("memory-threshold", quantities.percent(threshold), threshold, _number)

    def small(self, limit: float, threshold: str) -> str:
        """Note a limit that PHP could keep and Python cannot; the comment for it."""
        percent = quantities.percent(threshold).value
        if self.wishes.bootstrap is not None or limit < 0 or percent is None or not too_little(limit, percent):
            return ""
        text = (
            f"memory-limit: {percent:g} percent of {_size(limit)} is less than a bare Python's {format_size(BARE)} or "
            "so: the daemon would be replaced after every run"
        )
        self.note("memory-limit", "memory-small", text)
        return "less than a bare Python has"

    def quantity(self, key: str, quantity: quantities.Quantity, text: str, plain: Callable[[float], Plain]) -> None:
        """Write a number, or a mark where there is none to go by."""
        self.tell(key, quantity)
        if quantity.value is None:
            self.put(key, TODO + (text or "empty"))
        else:
            value = plain(quantity.value)
            self.put(key, value, comment=_written(text, value))
        self.missing(key)

    def tell(self, key: str, quantity: quantities.Quantity) -> None:
        """Note what is to be said of a number."""
        for code, text in quantity.remarks:
            self.note(key, code, f"{key}: {text}")

    def missing(self, key: str) -> None:
        """Note a key that this version of udaemon does not have."""
        if key not in self.wishes.keys:
            self.note(key, "no-such-key", f"udaemon has no `{key}`; it is written as a comment")

    def logs(self) -> None:
        """`log-dir` and `common-log`."""
        for key, default in (("log-dir", DEFAULT_LOG_DIR), ("common-log", DEFAULT_COMMON_LOG)):
            text = self.text(key)
            if text is None:
                if key in self.values:
                    continue
                if self.wishes.keep_log_paths:
                    self.put(key, default, comment="the library's default")
                else:
                    self.note("", "default-path", f"no {key}: the library's was {default}; here it is udaemon's own")
            elif not text:
                old = "the log was written to /" if key == "log-dir" else "the old daemon died at its start"
                self.note(key, "empty-path", f"`{key}` is empty: {old}; left out")
            else:
                self.path(key, text)

    def path(self, key: str, text: str) -> None:
        """A path: absolute as PHP saw it, with its variables kept as references where that gives the same."""
        kept = str(self.marked.get(key, ""))
        if _MARKED.sub(lambda found: self.variables.get(found[1]) or "", kept) != text:
            kept = text
        parts = _MARKED.split(kept)
        written = "".join(
            _reference(part, self.variables[part]) if number % 2 else part.replace("$", "$$")
            for number, part in enumerate(parts)
        )
        if key == "log-dir":
            written = written.rstrip("/") or "/"
        if not text.startswith("/"):
            old = f"`{key}` is no absolute path: the old daemon ran in / and wrote to /{text}"
            self.note(key, "relative-path", old)
            written = f"/{written}"
        self.put(key, written)


def _reference(name: str, value: str | None) -> str:
    return f"${{{name}}}" if value is not None else f"${{{name}:-}}"


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _size(value: float) -> int | str:
    return -1 if value < 0 else format_size(int(value))


def _written(text: str, value: Plain) -> str:
    return "" if text == str(value) else f'written "{text}"'
