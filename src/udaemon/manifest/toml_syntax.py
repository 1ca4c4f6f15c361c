"""TOML text to plain tables, by tomli: the compiled wheel of the same parser as Python's tomllib.

Knows no key of ours. Where keys stand is `toml_places.py`'s to say; tomli gives no positions.
"""

from __future__ import annotations

import re
from typing import Any

import tomli

from udaemon.manifest.places import place_at
from udaemon.manifest.problems import Finding

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_MOST_DOTS, _MOST_DIGITS = 32, 4400
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MOST_DOTS},}}+[ \t]*+[=\]]")
"""tomli takes a second and a gigabyte for a key of 20,000 parts."""
_LONG_NUMBER = re.compile(rf"[=\s,\[.+-](?:0[xob])?[0-9A-Fa-f_]{{{_MOST_DIGITS}}}")
"""And half a gigabyte for a number of four million digits; Python reads none of more than 4,300."""

_UNQUOTED = re.compile(r"=[ \t]*+\d[\d.]*+[ \t]*+[A-Za-z]{1,12}+[ \t]*+(?:#.*)?$", re.MULTILINE)
"""A number with a unit, `5 s` or `256M`, without the quotes that TOML wants."""
_FOREIGN = (
    (
        re.compile(r"^[ \t]*\[(?:program|group|eventlistener|fcgi-program):|^[ \t]*\[supervisor", re.MULTILINE),
        "this is of supervisor: write [daemons.NAME] for [program:NAME], text in quotes; its words are told then",
    ),
    (
        re.compile(r"^[ \t]*\[(?:watcher|socket|plugin|env):|^[ \t]*\[circus\]", re.MULTILINE),
        "this is of circus: write [daemons.NAME] for [watcher:NAME], text in quotes; its words are told then",
    ),
    (
        re.compile(r"^[ \t]*\[(?:Unit|Service|Install|Timer)\]", re.MULTILINE),
        "this is a systemd unit: write [daemons.NAME] for [Service], text in quotes; its words are told then",
    ),
)
"""Sections of other systems' files, looked for only where the text is no TOML."""

_HINTS = {
    "invalid value": "put text in quotes",
    "illegal character '\\n'": "close the string on its line",
    "expected '=' after a key in a key/value pair": "write key = value",
    "unterminated string": "close the string",
}


def parse(text: str) -> tuple[dict[str, Any], list[Finding]]:
    """Read TOML; one finding where it is none."""
    if any(line.count(".") >= _MOST_DOTS or len(line) >= _MOST_DIGITS for line in text.split("\n")):
        bomb = _LONG_KEY.search(text)
        if bomb:
            return {}, [Finding("too-deep", "a key of more than 32 parts", place=place_at(text, bomb.start()))]
        number = _LONG_NUMBER.search(text)
        if number:
            return {}, [Finding("syntax", "a number of too many digits", place=place_at(text, number.start() + 1))]
    try:
        return tomli.loads(text), []
    except tomli.TOMLDecodeError as error:
        return {}, [_syntax(text, str(error))]
    except RecursionError:
        return {}, [Finding("too-deep", "lists or tables are nested too deep")]
    except ValueError as error:  # a date such as 2026-02-31, an integer of 5,000 digits
        return {}, [Finding("syntax", f"a value that TOML cannot hold: {error}")]


def _syntax(text: str, message: str) -> Finding:
    found = _AT.search(message)
    words = message[: found.start()] if found else message
    words = words[:1].lower() + words[1:]
    if words.startswith(("cannot ", "duplicate ")):
        from udaemon.manifest.toml_places import first_duplicate

        duplicate = first_duplicate(text)
        if duplicate is not None:
            path, place = duplicate
            return Finding("duplicate-key", "is there already", "keep one of them", path, at_key=True, place=place)
    hint = _foreign(text) or _HINTS.get(words)
    if found and found[1]:
        line = text.split("\n")[int(found[1]) - 1]
        if _UNQUOTED.search(line):
            hint = 'what has a unit is text in quotes, such as "5s" or "256M"'
        elif line.lstrip().startswith("$"):
            hint = 'a key with $ stands in quotes: "$schema"'
        return Finding("syntax", words, hint, place=(int(found[1]), int(found[2])))
    return Finding("syntax", f"{words}, at the end", hint, place=place_at(text, len(text.rstrip())))


def _foreign(text: str) -> str | None:
    return next((hint for section, hint in _FOREIGN if section.search(text)), None)
