"""What a message may quote of a value: the text that stands in a manifest of the project, never what a variable held.

Knows no key and no problem's meaning. A message is made where a value is found wrong; here it is made fit to be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.manifest.document import Document
from udaemon.manifest.problems import Path
from udaemon.manifest.wording import shown

NAME = re.compile(r"(?<!\$)(?:\$\$)*\$\{([A-Za-z_][A-Za-z0-9_]*)")
"""The variables that a written text names."""

_GUESSED = {"bad-callable", "bad-duration", "bad-size", "wrong-type"}
"""Codes whose hint may be made of the value: a right form of it."""

_SHORTEST = 4
"""Letters; a shorter value that stands bare in a sentence cannot be told from its words."""


def fit(code: str, message: str, hint: str | None, document: Document, path: Path) -> tuple[str, str | None]:
    """Put what is written in place of what variables made of it; nothing at all for a file that is no manifest."""
    if document.own and document.raw is None:
        return message, hint
    names: dict[str, None] = {}
    changed = False
    for value, written in _texts(_at(document.data, path), _at(document.written, path)):
        if document.own and value == written:
            continue
        changed = True
        message = _replaced(message, value, written if document.own else "…")
        hint = hint and _replaced(hint, value, written if document.own else "…")
        names |= dict.fromkeys(NAME.findall(written))
    if changed and code in _GUESSED:
        hint = f"its text comes from {', '.join(f'${{{name}}}' for name in names)}" if document.own and names else None
    return message, hint


def _replaced(text: str, value: str, written: str) -> str:
    quoted = shown(value)
    if quoted in text:
        return text.replace(quoted, shown(written))
    if not _SHORTEST <= len(value) <= len(text):
        return text
    return re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _: written, text)


def _texts(value: Any, written: Any) -> Iterator[tuple[str, str]]:
    """Pair each text with what is written for it."""
    if isinstance(value, str) and isinstance(written, str):
        yield value, written
    elif isinstance(value, Mapping) and isinstance(written, Mapping):
        for name, part in value.items():
            yield from _texts(part, written.get(name))
    elif isinstance(value, list) and isinstance(written, list):
        for part, said in zip(value, written, strict=False):
            yield from _texts(part, said)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
