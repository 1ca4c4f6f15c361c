"""One file of a manifest, read and parsed, with the places of its keys.

Knows no key of ours; reading from disk is `read.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import field

from udaemon.frozen import frozen
from udaemon.manifest.problems import Finding, Path

if TYPE_CHECKING:
    from yaml import Node

    from udaemon.manifest.places import Places

_SEPARATORS = ("\n", ",", "=", ":", "[", "{", "- ", ".", "\\")
MOST = 80_000
"""Two values, parts of keys or escapes never stand side by side without one of the separators. 500 daemons have some
14,000 of them; 80,000, all of them wrong, are told within two seconds and 200 MB."""

_ESCAPED_NUL = re.compile(r"\\(?:0|x00|u0000|U00000000)")


@frozen(slots=False)
class Document:
    """A parsed file. `data` is what it says, `raw` the same before variables were replaced, where there are any.

    `own` says that it is a manifest of the project: of any other file nothing is quoted.
    """

    file: str
    text: str
    data: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    node: Node | None = field(default=None, repr=False, eq=False)
    toml: bool = True
    raw: Mapping[str, Any] | None = field(default=None, repr=False)
    own: bool = True

    @property
    def written(self) -> Mapping[str, Any]:
        """What the file says, variables and all."""
        return self.data if self.raw is None else self.raw

    @cached_property
    def places(self) -> Places:
        """Where its keys and values stand."""
        if self.toml:
            from udaemon.manifest.toml_places import places

            return places(self.text) if self.data else {}
        from udaemon.manifest.yaml_syntax import places as yaml_places

        return yaml_places(self.text, self.node) if self.node is not None else {}


def weight(text: str) -> int:
    """Return how many values a text has at most, before it is parsed; what is long counts too, for it is kept."""
    return sum(map(text.count, _SEPARATORS)) + len(text) // 64


def too_big(file: str, text: str, *, alone: bool) -> Document:
    """Refuse a file for what it holds, `alone` or with those before it."""
    what = f"more than {MOST} values" if alone else f"more than {MOST} values with the files before it"
    return Document(file, text, {}, (Finding("too-big", what, "is it the right file?", file=file),))


def parse(file: str, text: str, *, toml: bool, room: int = MOST) -> Document:
    """Parse the text of a file, which may have `room` values. Each parser is imported only for its own files."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\0" in text:
        at = text.index("\0")
        place = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        return Document(file, text, {}, (Finding("encoding", "a NUL byte", "save it as text", file=file, place=place),))
    if weight(text) > room:
        return too_big(file, text, alone=room == MOST)
    node = None
    if toml:
        from udaemon.manifest import toml_syntax

        data, findings = toml_syntax.parse(text)
    else:
        from udaemon.manifest import yaml_syntax

        data, findings, node = yaml_syntax.parse(text)
    if _ESCAPED_NUL.search(text):
        findings += [Finding("encoding", "holds a NUL character", None, path) for path in _nul_paths(data, ())]
        data = {name: _without_nul(value) for name, value in data.items()}
    told = tuple(finding._replace(file=file) for finding in findings)
    return Document(file, text, data, told, node, toml)


def _nul_paths(value: object, path: Path) -> Iterator[Path]:
    """Find texts that neither a file name nor an environment can hold."""
    if isinstance(value, str) and "\0" in value:
        yield path
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _nul_paths(part, (*path, name))
            if "\0" in name:
                yield (*path, name)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _nul_paths(part, (*path, index))


def _without_nul(value: Any) -> Any:
    """The same without a NUL: what looks at files to find more that is wrong can name no file with one."""
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case Mapping():
            return {name: _without_nul(part) for name, part in value.items()}
        case list():
            return [_without_nul(part) for part in value]
    return value
