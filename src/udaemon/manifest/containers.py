"""Value types that hold others: lists, lists that may be a single value, tables of names, free tables.

Knows no key. Every wrong part is reported, not only the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.parts import each
from udaemon.manifest.problems import Path, Wrong
from udaemon.manifest.values import Schema, ValueType, wrong_type

_DEEPEST = 32
_NO_EQUALS = "a name is not empty and has no ="


@frozen
class Many:
    """A list of values of one type; `of` names them; with `single`, one of them may stand without brackets.

    A table alone is taken for one of them only where `tables` says that it may be.
    """

    item: ValueType
    of: str
    single: bool = False
    tables: bool = False

    @property
    def words(self) -> str:
        """Name it by its parts."""
        return f"{self.item.words} or list of {self.of}" if self.single else f"list of {self.of}"

    def parse(self, value: object) -> tuple[Any, ...]:
        """Take a list, or a single value where that is allowed."""
        if self.single and not isinstance(value, list if self.tables else (list, dict)):
            return (self.item.parse(value),)
        if not isinstance(value, list):
            raise wrong_type(f"a {self.words}", value)
        return tuple(each(enumerate(value), self.item.parse).values())

    def dump(self, value: tuple[Any, ...]) -> list[Any]:
        """Write a list."""
        return [self.item.dump(item) for item in value]

    def schema(self) -> Schema:
        """Describe it."""
        many: Schema = {"type": "array", "items": self.item.schema()}
        return {"anyOf": [self.item.schema(), many]} if self.single else many


class Environment:
    """A table of environment variables. What they hold is never shown in a message."""

    words = "table of strings"

    def parse(self, value: object) -> dict[str, str]:
        """Take names without = and string values."""
        if not isinstance(value, dict):
            raise wrong_type("a table of strings", value, 'write a table: env = { NAME = "value" }')
        wrong: list[Wrong] = []
        for name, text in value.items():
            if not name or "=" in name:
                wrong.append(Wrong("bad-variable", "is no name of a variable", _NO_EQUALS, (name,), at_key=True))
            elif not isinstance(text, str):
                wrong.append(wrong_type("a string", text, "put it in quotes", (name,)))
        if wrong:
            raise ExceptionGroup("env", wrong)
        return dict(value)

    def dump(self, value: Mapping[str, str]) -> dict[str, str]:
        """Give it as it is."""
        return dict(value)

    def schema(self) -> Schema:
        """Describe it."""
        return {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"pattern": "^[^=]+$"}}


class Parameters:
    """A table of keyword arguments: strings, numbers, booleans, lists and tables of them."""

    words = "table"

    def parse(self, value: object) -> dict[str, Any]:
        """Take what TOML, YAML and JSON can all write."""
        if not isinstance(value, dict):
            raise wrong_type("a table", value)
        wrong = [
            Wrong("bad-parameter", "cannot be a keyword argument", "write a Python name", (name,), at_key=True)
            for name in value
            if not name.isidentifier()
        ]
        wrong += _unportable(value, ())
        if wrong:
            raise ExceptionGroup("params", wrong)
        return dict(value)

    def dump(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Give it as it is."""
        return dict(value)

    def schema(self) -> Schema:
        """Describe it."""
        names = {"pattern": r"^[^\W0-9]\w*$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": True}  # said, for tombi is strict


def _unportable(value: object, path: Path) -> Iterator[Wrong]:
    """Find what one of the formats cannot write, so that TOML and YAML always mean the same."""
    match value:
        case bool() | str():
            return
        case int() if not -(2**63) <= value < 2**63:
            yield Wrong("out-of-range", "is beyond 64 bits", "write it as a string", path)
        case float() if not math.isfinite(value):
            yield Wrong("out-of-range", "is not a finite number", "write it as a string", path)
        case int() | float():
            return
        case dict() | list() if len(path) > _DEEPEST:
            yield Wrong("too-deep", f"is nested more than {_DEEPEST} levels deep", None, path)
        case dict():
            for name, part in value.items():
                yield from _unportable(part, (*path, name))
        case list():
            for at, part in enumerate(value):
                yield from _unportable(part, (*path, at))
        case _:
            yield wrong_type("a string, number, boolean, list or table", value, "put it in quotes", path)
