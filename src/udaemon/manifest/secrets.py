"""What counts as a secret, and how it is hidden: by the name of what holds it, or by the form of a text.

Knows no key of a manifest but `env`, of which nothing is ever shown. It hides values, never names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MASK = "********"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")
_SECRET = frozenset(
    "password passwords passwd pwd pass passphrase secret secrets token tokens credential credentials apikey"
    " authorization cookie".split()
)
"""Words that make a name one of a secret, wherever they stand in it."""

_SECRET_AT_THE_END = frozenset({"key", "keys", "auth", "dsn"})
_NO_SECRET_AT_THE_END = frozenset(
    "file files path dir directory url uri host port name id type kind length size count limit timeout ttl age max min"
    " header field prefix algorithm policy endpoint".split()
)
"""What is told about a secret, or where it is: `password-file`, `token_ttl`."""

_QUOTED = r"\"(?:[^\"\\]++|\\.)*+\"?|'[^']*+'?"
_BARE = r"[^\s\"',;&|)}\]]++"
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/:@\"']{0,256}+:([^\s/\"']{1,512})@")
_NAMED = (
    (
        re.compile(r"(?<![\w-])-{0,2}([A-Za-z_][\w-]{0,63}+)[\"']?(?:=|\s+=\s*)"),
        re.compile(rf"{_QUOTED}|{_BARE}"),
        "=",
    ),
    (
        re.compile(
            r"(?<![\w-])([A-Za-z]\w{0,31}+-[\w-]{1,63}+|(?i:authorization|cookie)):\s+(?:(?i:bearer|basic|token)\s+)?"
        ),
        re.compile(_BARE),
        ":",
    ),
    (
        re.compile(r"(?<![\w-])--?([A-Za-z][\w-]{0,63}+)(?:\s++|[\"']\s*,\s*)"),
        re.compile(rf"{_QUOTED}|(?!-)[^\s\"',\]]++"),
        "-",
    ),
)
"""What stands before a value, `name=`, a header's `X-Name: ` or `--name `; the value; a letter that each name has."""


def is_secret(name: str) -> bool:
    """Whether something called so holds a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _NO_SECRET_AT_THE_END:
        return False
    return words[-1] in _SECRET_AT_THE_END or not _SECRET.isdisjoint(words)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand in a text: after a name that says so, after an option of that name, before a URL's host."""
    for found in _USERINFO.finditer(text):
        yield found.span(1)
    for name, value, letter in _NAMED:
        yield from named(text, name, value, letter)


def named(text: str, name: re.Pattern[str], value: re.Pattern[str], letters: str) -> Iterator[tuple[int, int]]:
    """Where the values of secrets stand: behind each `name`, whose first group tells whether it is one of a secret.

    Each name has one of these letters; a line of megabytes that has no more of them is not searched any further.
    """
    end, last = 0, max(map(text.rfind, letters))
    while end <= last and (found := name.search(text, end)):
        end = found.end()
        if is_secret(found[1]) and (held := value.match(text, end)):
            yield held.span()
            end = held.end()


def masked_text(text: str) -> str:
    """Hide the secrets in a text."""
    if "=" not in text and ":" not in text and "-" not in text:
        return text
    for start, end in sorted(_joined(spans(text)), reverse=True):
        text = text[:start] + MASK + text[end:]
    return text


def masked_words(words: Sequence[Any]) -> list[Any]:
    """Hide the secrets among the arguments of a command, also one that is the word behind its option."""
    hidden = [masked(word) for word in words]
    for at, word in enumerate(words[:-1]):
        after = words[at + 1]
        if isinstance(word, str) and word.startswith("-") and "=" not in word and is_secret(word):
            hidden[at + 1] = hidden[at + 1] if str(after).startswith("-") else MASK
    return hidden


def public_url(url: str) -> str:
    """As much of a URL as may be shown: scheme, host and port."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}" + (f":{parts.port}" if parts.port else "")


def masked_url(url: str) -> str:
    """Hide all of a webhook's URL but where it leads: its path may be all that keeps others out."""
    shown = public_url(url)
    return shown if url.rstrip("/") == shown else f"{shown}/{MASK}"


def masked(value: Any, *, secret: bool = False) -> Any:
    """Hide the secrets in a plain value; with `secret`, all of it."""
    match value:
        case bool() | None:
            return value
        case str():
            return MASK if secret else masked_text(value)
        case int() | float():
            return MASK if secret else value
        case Mapping() if isinstance(value.get("webhook"), str):
            headers = {"headers": dict.fromkeys(value["headers"], MASK)} if "headers" in value else {}
            return {**value, "webhook": masked_url(value["webhook"]), **headers}
        case Mapping():
            return {name: masked(part, secret=secret or is_secret(str(name))) for name, part in value.items()}
        case list() | tuple():
            return [masked(part, secret=True) for part in value] if secret else masked_words(value)
        case _:
            return value


def masked_manifest(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Hide the secrets in a dumped manifest: what variables hold, and whatever else is one. Names of daemons stay."""
    return {
        name: {daemon: _table(table) for daemon, table in part.items()}
        if name == "daemons"
        else _table({name: part})[name]
        for name, part in plain.items()
    }


def masked_at(path: Sequence[str | int], value: Any) -> Any:
    """Hide what stands at a path of a dumped manifest."""
    if is_variable(path):
        return MASK
    inner = path[2:] if path[:1] == ("daemons",) else path
    if inner[:1] == ("on",) and inner[-1] == "webhook" and isinstance(value, str):
        return masked_url(value)
    secret = inner[:1] == ("on",) and "headers" in inner
    return masked(value, secret=secret or any(isinstance(part, str) and is_secret(part) for part in inner))


def is_variable(path: Sequence[str | int]) -> bool:
    """Whether a path of a manifest leads to an environment variable."""
    inner = path[2:] if path[:1] == ("daemons",) else path[1:] if path[:1] == ("defaults",) else path
    return len(inner) == 2 and inner[0] == "env"


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: dict.fromkeys(part, MASK) if name == "env" and isinstance(part, Mapping) else masked({name: part})[name]
        for name, part in table.items()
    }


def _joined(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
