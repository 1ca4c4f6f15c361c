"""How a key is declared on a model class, and read back from it.

Knows no key and no format: the metadata it keeps is what the loader, the schema and the reference docs are made from.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from attrs import Attribute, Factory, field, fields

from udaemon.frozen import frozen
from udaemon.manifest.references import Cooldown
from udaemon.manifest.values import Duration, Size, ValueType


class Applies(StrEnum):
    """When a changed value of a key takes effect on an instance that runs."""

    LIVE = "live"
    """At once, in the same process."""
    NEXT_START = "next start"
    """With the next start, which nobody hastens."""
    RESTART = "restart"
    """In a new process, which takes the place of this one between two runs."""


@frozen
class Table:
    """The value of a key that is a table of further keys, those of `model`."""

    model: type

    @property
    def words(self) -> str:
        """Name it."""
        return "table"


@frozen
class Named:
    """The value of a key that is a table of named things, each a table with the keys of `model`."""

    model: type

    @property
    def words(self) -> str:
        """Name it."""
        return "table of tables"


@frozen
class Key:
    """What is declared about one key of one table.

    Attributes:
        name: As it is written in a manifest.
        field: The attribute of the model class.
        doc: One or two sentences.
        type: What its value may be.
        example: A value as it is written, plain.
        default: What the model holds when the key is not there.
        shown_default: Words for a default that is worked out while loading.
        only: The kinds of daemon that it means something for, by their keys; empty for all.
        since: The version that had it first.
        inherited: Whether a daemon that extends another one takes it over.
        applies: When a change of it takes effect; a key that does not say so needs a new process.
    """

    name: str
    field: str
    doc: str
    type: ValueType | Table | Named
    example: Any
    default: Any
    shown_default: str | None
    only: tuple[str, ...]
    inherited: bool
    applies: Applies
    since: str


def key(
    doc: str,
    type_: ValueType | Table | Named,
    *,
    default: Any = None,
    factory: Any = None,
    example: Any = None,
    name: str | None = None,
    shown_default: str | None = None,
    only: tuple[str, ...] = (),
    inherited: bool = True,
    applies: Applies = Applies.RESTART,
    since: str = "0.1",
) -> Any:
    """Declare a manifest key: `doc` is one or two sentences, `example` a value as it is written in TOML."""
    metadata = {
        "doc": doc,
        "type": type_,
        "example": example,
        "name": name,
        "shown_default": shown_default,
        "only": only,
        "inherited": inherited,
        "applies": applies,
        "since": since,
    }
    return field(default=Factory(factory) if factory is not None else default, metadata={"key": metadata})


@cache
def keys_of(model: type) -> tuple[Key, ...]:
    """Return the keys of a model class in the order of their declaration."""
    return tuple(_read(attribute) for attribute in fields(model) if "key" in attribute.metadata)


def says_none(type_: ValueType) -> bool:
    """Whether None is a value that can be written: no limit, or giving up."""
    return isinstance(type_, (Size, Cooldown)) or (isinstance(type_, Duration) and type_.unlimited)


def _read(attribute: Attribute[Any]) -> Key:
    told = attribute.metadata["key"]
    default: Any = attribute.default
    return Key(
        name=told["name"] or attribute.name.replace("_", "-"),
        field=attribute.name,
        doc=told["doc"],
        type=told["type"],
        example=told["example"],
        default=default.factory() if isinstance(default, Factory) else default,  # type: ignore[arg-type]
        shown_default=told["shown_default"],
        only=told["only"],
        inherited=told["inherited"],
        applies=told["applies"],
        since=told["since"],
    )
