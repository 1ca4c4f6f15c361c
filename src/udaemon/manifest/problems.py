"""What was found wrong, before anyone looked up where it stands.

Knows keys by their path only: `locate.py` turns a finding into a `Problem` with file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from udaemon.errors import ManifestError, Problem
from udaemon.manifest.wording import did_you_mean, shown

Path = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_$-]+")


class Finding(NamedTuple):
    """One thing that is wrong with the key at `path`.

    `at_key` says that the key itself is wrong, else its value is; `within` are its text and how far in it the mistake
    is. `file` is set where the path is one of that file and not of the merged manifest; `place` where line and column
    are known already.
    """

    code: str
    message: str
    hint: str | None = None
    path: Path = ()
    at_key: bool = False
    severity: str = "error"
    file: str | None = None
    place: tuple[int, int] | None = None
    within: tuple[str, int] | None = None


class Wrong(ValueError):
    """A value that its type does not take; `path` leads from that value to the part that is wrong."""

    def __init__(
        self, code: str, message: str, hint: str | None = None, path: Path = (), *, at_key: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.at_key = at_key
        self.within: tuple[str, int] | None = None


class BadManifest(ManifestError):
    """A manifest that cannot be used, with the text of its files: a report shows the lines."""

    def __init__(self, problems: tuple[Problem, ...], sources: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.sources = sources


def unknown_daemon(name: str, declared: Collection[str], path: Path, *, at_key: bool = False) -> Finding:
    """That a daemon which is named is none of those that are declared."""
    hint = did_you_mean(name, declared, f"declared are {', '.join(list(declared)[:8])}")
    return Finding("unknown-daemon", f"there is no daemon {shown(name)}", hint, path, at_key)


def dotted(path: Path) -> str:
    """Write a path as TOML writes dotted keys, with list indices in brackets."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{name}" if text else name
    return text
