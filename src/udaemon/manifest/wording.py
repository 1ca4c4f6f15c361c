"""Words for diagnostics: how a value, a type, a choice and a suggestion are put.

Knows nothing of what was wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

_LONGEST_SHOWN = 48
_LONGEST_SLIP = 100
"""Letters. What is longer is no slip of the finger, and looking for what is near takes the square of it."""


def shown(value: object) -> str:
    """Show a value as it could stand in the file, in one short line without control characters."""
    if isinstance(value, str):
        text = json.dumps(value[: _LONGEST_SHOWN + 1], ensure_ascii=False)  # the rest of it could not be seen
        text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        text = "the number"  # its decimal digits may be beyond what Python agrees to print
    elif isinstance(value, float):
        text = repr(value)  # JSON has other words for what is not finite
    else:
        text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def type_name(value: object) -> str:
    """Name the kind of a plain value, with its article."""
    import datetime  # it is asked for when something is wrong

    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number with a fraction"
        case str():
            return "a string"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case datetime.date() | datetime.time():
            return "a date or time"
        case _:
            return f"a {type(value).__name__}"


def either(words: Iterable[str]) -> str:
    """Join words with commas and a last "or"."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def did_you_mean(word: str, known: Iterable[str], otherwise: str, *, form: str = "{}") -> str:
    """A hint that names the known word that was most likely meant, in this form; another one where none is near."""
    close = near(word, known)
    return otherwise if close is None else f"did you mean {form.format(close)}?"


def near(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that was most likely meant."""
    if len(word) > _LONGEST_SLIP:
        return None
    return _near(word.lower().replace("_", "-"), tuple(known))


@lru_cache(maxsize=256)
def _near(word: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # 4 ms that only a mistake should cost

    close = get_close_matches(word, known, n=1, cutoff=0.7)
    return close[0] if close else None
