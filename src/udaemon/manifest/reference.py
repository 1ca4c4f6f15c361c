"""The reference pages of keys and of errors, made from the model and the table of codes.

Knows no key and no code. `python -m udaemon.manifest.reference` writes them into `docs/reference`.
"""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from udaemon.manifest.codes import CODES
from udaemon.manifest.keys import Key, Table
from udaemon.manifest.model import Daemon
from udaemon.manifest.pages import anchor, level
from udaemon.manifest.root import Root
from udaemon.manifest.schema import plain_default
from udaemon.manifest.values import Choice

if TYPE_CHECKING:
    from udaemon.manifest.elsewhere import Word

_NOTE = "<!-- Made by `python -m udaemon.manifest.reference`; change the model instead. -->\n"
_INTRODUCTION = """\
Every key of `udaemon.toml` and `udaemon.yaml`.
How they work together is told in the [guide](../guide/manifest.md); examples are written as TOML has them.
"""
_ELSEWHERE = """\
What keys are called in other systems, and here; `udaemon check` gives the same as hints.
Whole files side by side are under [coming from](../guide/coming-from.md).
"""
_DAEMON = """\
The keys of `[daemons.NAME]` and of `[defaults]`.
Exactly one of `factory`, `task`, `php` and `command` must be there.
"""


def manifest_page() -> str:
    """Write the page of all keys."""
    return "\n".join(
        [
            _NOTE,
            "# Manifest\n",
            _INTRODUCTION,
            "## Top level\n",
            *_keys(Root),
            "Keys that begin with `x-` may stand here too, and mean nothing to udaemon.\n",
            "## A daemon\n",
            _DAEMON,
            *_keys(Daemon),
        ]
    )


def errors_page() -> str:
    """Write the page of all codes."""
    parts = [_NOTE, "# Errors\n", "What `udaemon check` and every verb that reads the manifest can say about it.\n"]
    for slug, code in CODES.items():
        parts.append(f"## {slug}\n\n{code.meaning}\n\n{code.mend}\n")
    return "\n".join(parts)


def elsewhere_page() -> str:
    """Write the page of other systems' words."""
    from udaemon.manifest.elsewhere import IN_TABLES, SYSTEMS, TOP

    parts = [_NOTE.replace("the model", "`elsewhere.py`"), "# Names elsewhere\n", _ELSEWHERE]
    groups = {"Top level": TOP, **SYSTEMS, **{f"Within `{table}`": words for table, words in IN_TABLES.items()}}
    for title, words in groups.items():
        parts += [f"## {title}\n", "| there | here | |", "|---|---|---|", *map(_row, words), ""]
    return "\n".join(parts)


def _row(word: Word) -> str:
    from udaemon.manifest.meant import serves_instead

    missing = serves_instead(word.key) if word.key else None
    key = f"`{word.key}`" if word.key and missing is None else "not yet" if word.key else "–"
    note = (missing or word.note).replace("|", "\\|")
    return f"| `{word.word}` | {key} | {note} |"


_BARE = re.compile(r"[A-Za-z0-9_.-]+")
"""A key, or several with dots between them, that TOML takes without quotes."""


def as_toml(name: str, value: Any) -> str:
    """Write one key with its value as TOML has it, on one line."""
    return f"{name if _BARE.fullmatch(name) else json.dumps(name)} = {inline(value)}"


def inline(value: Any) -> str:
    """Write a value as TOML has it, on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(as_toml(name, part) for name, part in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _keys(model: type, table: str = "") -> Iterator[str]:
    for name, key in level(model, table):
        yield from _entry(key, name, title="####" if table else "###")
        if isinstance(key.type, Table) and key.type.model is not Daemon:
            yield from _keys(key.type.model, f"{name}.")


def _entry(key: Key, anchored: str, title: str) -> Iterator[str]:
    name = anchored.removeprefix("top.")
    yield f"({anchor(anchored)})=\n{title} {name}\n\n{key.doc}\n"
    if isinstance(key.type, Choice):
        yield from (f"- `{json.dumps(word)}`: {meaning}" for word, meaning in key.type.meanings.items())
    else:
        yield f"- Type: {key.type.words}"
    if default := default_of(key):
        yield f"- Default: {default}"
    if key.only:
        yield f"- Only beside {' or '.join(f'`{kind}`' for kind in key.only)}"
    if key.example is not None:
        yield f"- Example: `{as_toml(name, key.example)}`"
    yield ""


def default_of(key: Key) -> str | None:
    """Return a key's default in words; None for a key that must be there or is a table."""
    if key.shown_default:
        return key.shown_default
    default = plain_default(key)
    return None if default in (None, "") else f"`{inline(default)}`"


if __name__ == "__main__":
    pages = {"manifest": manifest_page(), "errors": errors_page(), "elsewhere": elsewhere_page()}
    for name, page in pages.items():
        with open(os.path.join("docs", "reference", f"{name}.md"), "w", encoding="utf-8") as file:
            file.write(page)
