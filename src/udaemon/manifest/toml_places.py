"""Where each key and each value of a TOML document stands.

Knows only how far keys and values reach: it is used on text that tomli took, or took but for a repeated key, and
only when there is something to report.
"""

from __future__ import annotations

import re

import tomli

from udaemon.manifest.places import Place, Places, place_at, placer
from udaemon.manifest.problems import Path

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'""")
_STRING = re.compile(
    r'''"""(?:[^"\\]++|\\.|"(?!""))*+""""{0,2}|\'\'\'(?:[^']++|'(?!''))*+\'\'\'\'{0,2}'''
    r"""|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+\'""",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?")
"""A date and its time may have a blank between them."""


def places(text: str) -> Places:
    """Find every key and every value."""
    scan = _Scan(text)
    scan.document()
    place = placer(text)
    return {path: (place(key), place(value)) for path, (key, value) in scan.found.items()}


def first_duplicate(text: str) -> tuple[Path, Place] | None:
    """Find the first key that is said twice, if that is what is wrong with the text."""
    scan = _Scan(text)
    try:
        scan.document()
    except (_Lost, RecursionError):  # behind the repeated key anything may stand
        pass
    return (scan.repeated[0][0], place_at(text, scan.repeated[0][1])) if scan.repeated else None


class _Lost(Exception):
    """The text is no TOML from here on."""


def _unquoted(raw: str) -> str:
    if raw[0] not in "\"'":
        return raw
    try:
        name: str = tomli.loads(f"k={raw}")["k"]
    except tomli.TOMLDecodeError:
        raise _Lost from None
    return name


class _Scan:
    """One pass over a document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, tuple[int, int]] = {}
        self.repeated: list[tuple[Path, int]] = []
        self.values: set[Path] = set()
        self.lengths: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self.blank()
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.blank()

    def header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        parts = self.key()
        self.at += brackets
        path = self.enter((), parts[:-1])
        name, offset = parts[-1]
        path = (*path, name)
        if brackets == 2:
            index = self.lengths[path] = self.lengths.get(path, -1) + 1
            self.found.setdefault(path, (offset, offset))
            path = (*path, index)
        elif path in self.values:
            self.repeated.append((path, offset))
        if brackets == 1:
            self.values.add(path)
        known = self.found.get(path)
        self.found[path] = (offset, offset) if known is None or brackets == 1 else known
        return path

    def pair(self, table: Path) -> None:
        parts = self.key()
        path = self.enter(table, parts[:-1])
        name, offset = parts[-1]
        path = (*path, name)
        if path in self.found:
            self.repeated.append((path, offset))
        self.values.add(path)
        self.take("=")
        self.found[path] = (offset, self.at)
        self.value(path)

    def enter(self, path: Path, parts: list[tuple[str, int]]) -> Path:
        """Walk down to a table that need not be declared by itself."""
        for name, offset in parts:
            path = (*path, name)
            self.found.setdefault(path, (offset, offset))
            if path in self.lengths:
                path = (*path, self.lengths[path])
        return path

    def key(self) -> list[tuple[str, int]]:
        parts = []
        while True:
            self.blank()
            start, raw = self.at, self.match(_KEY)
            parts.append((_unquoted(raw), start))
            self.blank()
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def value(self, path: Path) -> None:
        letter = self.text[self.at : self.at + 1]
        if letter == "[":
            self.inside("]", path, list_=True)
        elif letter == "{":
            self.inside("}", path, list_=False)
        elif letter and letter in "\"'":
            self.match(_STRING)
        else:
            self.match(_SCALAR)

    def inside(self, end: str, path: Path, *, list_: bool) -> None:
        self.at += 1
        index = 0
        self.blank()
        while not self.text.startswith(end, self.at):
            if list_:
                self.found[(*path, index)] = (self.at, self.at)
                self.value((*path, index))
                index += 1
            else:
                self.pair(path)
            self.blank()
            if self.text.startswith(",", self.at):
                self.take(",")
            elif not self.text.startswith(end, self.at):
                raise _Lost
        self.at += 1

    def take(self, letter: str) -> None:
        self.blank()
        if not self.text.startswith(letter, self.at):
            raise _Lost
        self.at += 1
        self.blank()

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        return found[0]
