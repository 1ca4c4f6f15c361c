"""What a key or a code means, for a terminal.

Knows no key and no code: the model and the table of codes do.
"""

from __future__ import annotations

import json
import textwrap

from udaemon.manifest.codes import CODES
from udaemon.manifest.keys import Key, Table
from udaemon.manifest.model import Daemon
from udaemon.manifest.pages import code_page, every_key, key_page
from udaemon.manifest.reference import as_toml, default_of
from udaemon.manifest.topics import TOPICS
from udaemon.manifest.values import Choice


def explain(word: str, *, width: int = 80) -> str | None:
    """Return what a key, a code or a topic means; None where there is none of that name."""
    keys = every_key()
    name = word if word in keys else _short(word)
    if name in keys:
        return _key(name, keys[name], keys, width)
    if word in CODES:
        code = CODES[word]
        told = [f"{word}: an error of the manifest", _filled(code.meaning, width), _filled(code.mend, width)]
        return "\n\n".join([*told, code_page(word)]) + "\n"
    if word in TOPICS:
        return "\n\n".join(_filled(part.replace("\n", " "), width) for part in TOPICS[word].split("\n\n")) + "\n"
    return None


def overview(*, width: int | None = None) -> str:
    """List every key with the first sentence of its meaning; on a terminal, of so many columns, wrapped."""
    keys = every_key()
    wide = max(map(len, keys))
    lines = [(f"{name:{wide}}  ", key.doc.split(". ")[0].rstrip(".:")) for name, key in keys.items()]
    lines += [("", ""), ("codes: ", ", ".join(CODES)), ("", ""), ("topics: ", ", ".join(TOPICS))]
    return "".join(f"{term}{text}\n" if width is None else f"{_beside(term, text, width)}\n" for term, text in lines)


def _short(word: str) -> str:
    """Take `daemons.NAME.sleep` and `defaults.sleep` for what they are."""
    parts = word.split(".")
    if parts[0] == "daemons" and len(parts) > 2:
        return ".".join(parts[2:])
    return ".".join(parts[1:]) if parts[0] == "defaults" and len(parts) > 1 else word


def _key(name: str, key: Key, keys: dict[str, Key], width: int) -> str:
    parts = [name, "", _filled(key.doc, width), ""]
    if isinstance(key.type, Choice):
        parts += [_beside(f"  {json.dumps(word):14} ", meaning, width) for word, meaning in key.type.meanings.items()]
    elif isinstance(key.type, Table) and key.type.model is not Daemon:
        below = [other for other in keys if other.startswith(f"{name}.")]
        parts += [_beside(f"  {other:24} ", keys[other].doc, width) for other in below]
    else:
        parts.append(f"  type     {key.type.words}")
    if default := default_of(key):
        parts.append(f"  default  {default.replace('`', '')}")
    if key.only:
        parts.append(f"  only     beside {' or '.join(key.only)}")
    if key.example is not None:
        parts.append(f"  example  {as_toml(name.removeprefix('top.'), key.example)}")
    parts += [f"  since    {key.since}", f"  more     {key_page(name)}"]
    return "\n".join(parts) + "\n"


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text.replace("`", ""), width, break_long_words=False, break_on_hyphens=False)


def _beside(term: str, text: str, width: int) -> str:
    """Write a text beside its term, further lines below the first."""
    further = " " * len(term)
    return textwrap.fill(
        text.replace("`", ""),
        width,
        initial_indent=term,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
