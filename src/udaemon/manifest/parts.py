"""Reads the parts of a value, those of a list or of a small table, and raises all that is wrong with them at once.

Knows no key and no type: each part is read by an argument. What is wrong gets the place of its part before its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from udaemon.manifest.problems import Wrong
from udaemon.manifest.wording import did_you_mean

_Place = TypeVar("_Place", bound=str | int)
_Part = TypeVar("_Part")


def each(
    parts: Iterable[tuple[_Place, Any]], parse: Callable[[Any], _Part], *, name: Callable[[Any], object] | None = None
) -> dict[_Place, _Part]:
    """Read every part, by its place.

    Args:
        parts: Each with its place: a number, or a key of the table.
        parse: Reads one.
        name: Reads the place itself, where that is a name; what is wrong with it is told at the key.

    Raises:
        ExceptionGroup: Some are wrong; all of them are in it.
    """
    read: dict[_Place, _Part] = {}
    wrong: list[Wrong] = []
    for at, part in parts:
        try:
            if name is not None:
                name(at)
        except Wrong as error:
            error.at_key = True
            wrong += _below(error, at)
            continue
        try:
            read[at] = parse(part)
        except (Wrong, ExceptionGroup) as error:
            wrong += _below(error, at)
    if wrong:
        raise ExceptionGroup("parts", wrong)
    return read


def table(
    value: Mapping[str, object],
    keys: Mapping[str, Callable[[Any], Any]],
    hint: str,
    *,
    missing: Iterable[Wrong] = (),
    meant: Callable[[str], str] = str,
) -> dict[str, Any]:
    """Read a table that can have these keys and no other.

    Args:
        value: The table.
        keys: What reads each.
        hint: What is said of a key that is like none of them.
        missing: What is wrong with the table as a whole.
        meant: Makes of an unknown key what may be like a known one.

    Raises:
        ExceptionGroup: Something is wrong; all of it is in it.
    """
    wrong: list[Wrong] = []
    read: dict[str, Any] = {}
    for key, part in value.items():
        if key not in keys:
            told = did_you_mean(meant(str(key)), keys, hint)
            wrong.append(Wrong("unknown-key", "unknown key", told, (key,), at_key=True))
            continue
        try:
            read[key] = keys[key](part)
        except (Wrong, ExceptionGroup) as error:
            wrong += _below(error, key)
    wrong += missing
    if wrong:
        raise ExceptionGroup("table", wrong)
    return read


def _below(error: Wrong | ExceptionGroup[Exception], at: str | int) -> Iterator[Wrong]:
    """All that is wrong, at its place below a name or number."""
    if isinstance(error, Wrong):
        error.path = (at, *error.path)
        yield error
        return
    for inner in error.exceptions:
        assert isinstance(inner, Wrong | ExceptionGroup)
        yield from _below(inner, at)
