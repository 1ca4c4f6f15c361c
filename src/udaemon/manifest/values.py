"""The types a key's value can have: each reads a plain value strictly, and says so in a JSON Schema and in words.

Knows no key by name and no file. A wrong value is a `Wrong`, several in one list or table an exception group of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from udaemon.frozen import frozen
from udaemon.manifest.measures import (
    DURATION_PATTERN,
    LONGEST_DURATION,
    SIZE_PATTERN,
    format_duration,
    format_size,
    near_duration,
    near_size,
    parse_duration,
    parse_size,
)
from udaemon.manifest.problems import Path, Wrong
from udaemon.manifest.wording import did_you_mean, either, shown, type_name

Schema = dict[str, Any]

LONGEST = LONGEST_DURATION

REFERENCE: Schema = {"$ref": "#/definitions/reference"}
"""A string with `${…}` in it: what it will be is known only when the manifest is loaded."""


class ValueType(Protocol):
    """What a key's value may be."""

    @property
    def words(self) -> str:
        """Name the type for people."""

    def parse(self, value: object) -> Any:
        """Read a plain value, or raise `Wrong`."""

    def dump(self, value: Any) -> Any:
        """Write it back as a plain value that `parse` reads as the same."""

    def schema(self) -> Schema:
        """Describe in JSON Schema what `parse` takes."""


class Unchanged:
    """A type whose values are written as they were read."""

    __slots__ = ()

    def dump(self, value: Any) -> Any:
        """Give it as it is."""
        return value


@frozen
class Text(Unchanged):
    """Any string; with `pattern`, one that matches it as a whole."""

    words: str = "string"
    pattern: str | None = None
    code: str = "bad-text"
    hint: str | None = None
    empty: bool = True

    def parse(self, value: object) -> str:
        """Take a string."""
        if not isinstance(value, str):
            hint = "put it in quotes" if isinstance(value, (int, float)) else None
            raise wrong_type(f"a {self.words}", value, hint)
        if not value and not self.empty:
            raise Wrong(self.code, "must not be empty", self.hint)
        if self.pattern is not None and not re.fullmatch(self.pattern[1:-1], value):
            raise Wrong(self.code, f"{shown(value)} is no {self.words}", self.hint)
        return value

    def schema(self) -> Schema:
        """Describe it."""
        if self.pattern is not None:
            return {"anyOf": [{"type": "string", "pattern": self.pattern}, REFERENCE]}
        return {"type": "string"} if self.empty else {"type": "string", "minLength": 1}


class Flag(Unchanged):
    """true or false, and nothing that only looks like it."""

    words = "true or false"

    def parse(self, value: object) -> bool:
        """Take a boolean."""
        if not isinstance(value, bool):
            lowered = value.lower() if isinstance(value, str) else ""
            guess = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
            hint = f"write {guess[lowered]}" if lowered in guess else None
            raise wrong_type(self.words, value, hint)
        return value

    def schema(self) -> Schema:
        """Describe it."""
        return {"type": "boolean"}


@frozen
class Number(Unchanged):
    """A number within bounds; `whole` takes no fraction."""

    low: float
    high: float
    whole: bool = False

    @property
    def words(self) -> str:
        """Name it with its bounds."""
        low, high = (f"{bound:.0f}" if bound == int(bound) else f"{bound:g}" for bound in (self.low, self.high))
        return f"{'whole ' if self.whole else ''}number from {low} to {high}"

    def parse(self, value: object) -> float:
        """Take a number, but no boolean and no text."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            hint = f"write {int(value)}" if isinstance(value, str) and value.isdecimal() and len(value) < 20 else None
            raise wrong_type(f"a {self.words}", value, hint)
        if not self.low <= value <= self.high:  # NaN is neither
            raise Wrong("out-of-range", f"{shown(value)} is out of range", f"write a {self.words}")
        return value if self.whole else float(value)

    def schema(self) -> Schema:
        """Describe it."""
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@frozen
class Duration:
    """Seconds as a number, or text such as "1m30s"; with `unlimited`, -1 means no limit (None)."""

    low: float = 0.0
    unlimited: bool = False

    @property
    def words(self) -> str:
        """Name it."""
        return "duration, or -1 for no limit" if self.unlimited else "duration"

    def parse(self, value: object) -> float | None:
        """Take a number of seconds or a text."""
        hint = 'write seconds as a number, or text such as "500ms", "30s", "1m30s", "1h", "2d"'
        if self.unlimited and value in (-1, "-1") and not isinstance(value, bool):
            return None
        if isinstance(value, str):
            seconds = parse_duration(value)
            if seconds is None:
                guess = near_duration(value)
                raise Wrong("bad-duration", f"{shown(value)} is no duration", f'write "{guess}"' if guess else hint)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong_type("a duration", value, hint)
        else:
            seconds = float(value) if abs(value) <= LONGEST else math.inf
        if not self.low <= seconds <= LONGEST:
            least = format_duration(self.low) if self.low else "0"
            end = ", or -1 for no limit" if self.unlimited else ""
            raise Wrong(
                "out-of-range", f"{shown(value)} is out of range", f"write a duration from {least} to 3650d{end}"
            )
        return seconds + 0.0  # -0.0 is 0.0

    def dump(self, value: float | None) -> str | float:
        """Write it with units; what is shorter than a nanosecond only as a number."""
        if value is None:
            return -1
        return value if 0 < value < 1e-9 else format_duration(value)

    def schema(self) -> Schema:
        """Describe it."""
        forms: list[Schema] = [
            {"type": "number", "minimum": self.low, "maximum": LONGEST},
            {"type": "string", "pattern": DURATION_PATTERN},
            REFERENCE,
        ]
        if self.unlimited:
            forms.insert(0, {"enum": [-1, "-1"]})
        return {"anyOf": forms}


@frozen
class Size:
    """Bytes as a number, or text such as "10M"; -1 means no limit (None)."""

    low: int = 0
    words: str = "size, or -1 for no limit"

    def parse(self, value: object) -> int | None:
        """Take a number of bytes or a text."""
        hint = 'write bytes as a number, or text such as "64K", "10M", "1G" (binary), "5MB" (decimal), or -1'
        if value in (-1, "-1") and not isinstance(value, bool):
            return None
        if isinstance(value, str):
            size = parse_size(value)
            if size is None:
                guess = near_size(value)
                raise Wrong("bad-size", f"{shown(value)} is no size", f'write "{guess}"' if guess else hint)
        elif isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type("a size", value, hint)
        else:
            size = value
        if not self.low <= size < 2**63:
            hint = f"write a size from {self.low} to 8388607T, or -1 for no limit"
            raise Wrong("out-of-range", f"{shown(value)} is out of range", hint)
        return size

    def dump(self, value: int | None) -> str | int:
        """Write it with its unit."""
        return -1 if value is None else format_size(value)

    def schema(self) -> Schema:
        """Describe it."""
        return {
            "anyOf": [
                {"enum": [-1, "-1"]},
                {"type": "integer", "minimum": self.low, "maximum": 2**63 - 1},
                {"type": "string", "pattern": SIZE_PATTERN},
                REFERENCE,
            ]
        }


@frozen
class Choice:
    """One word of a few; `meanings` says what each does."""

    enum: type[StrEnum]
    meanings: Mapping[str, str]

    @property
    def words(self) -> str:
        """Name the words."""
        return either(f'"{word}"' for word in self.meanings)

    def parse(self, value: object) -> StrEnum:
        """Take one of the words."""
        if not isinstance(value, str):
            raise wrong_type(self.words, value)
        try:
            return self.enum(value)
        except ValueError:
            hint = did_you_mean(value, self.meanings, f"write {self.words}", form='"{}"')
            raise Wrong("bad-choice", f"{shown(value)} is none of {self.words}", hint) from None

    def dump(self, value: StrEnum) -> str:
        """Give the word."""
        return value.value

    def schema(self) -> Schema:
        """Describe each word."""
        words: list[Schema] = [{"const": word, "description": text} for word, text in self.meanings.items()]
        return {"anyOf": [*words, REFERENCE]}


def wrong_type(wanted: str, value: object, hint: str | None = None, path: Path = ()) -> Wrong:
    """Return what a value should be and what kind of thing it is; the value itself may be a secret and is not shown."""
    if value is None:
        return Wrong("no-value", "has no value", "write one, or take the key out", path, at_key=True)
    return Wrong("wrong-type", f"must be {wanted}, not {type_name(value)}", hint, path)
