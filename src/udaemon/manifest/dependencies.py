"""The value of `depends-on`: which daemons one needs, and what must hold of each before it is started.

Knows nothing of the other daemons; whether there is one of that name, and cycles, are `order.py`'s.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from udaemon.frozen import frozen
from udaemon.manifest.keys import Applies, key
from udaemon.manifest.parts import each, table
from udaemon.manifest.references import NAME, NAME_PATTERN
from udaemon.manifest.values import Choice, Flag, Schema, wrong_type
from udaemon.manifest.wording import either


class Condition(StrEnum):
    """What must hold of a daemon, of all its instances together, before another one is started."""

    STARTED = "started"
    READY = "ready"
    COMPLETED = "completed"
    FIRST_RUN_OK = "first-run-ok"


@frozen
class Dependency:
    """One daemon that another one needs.

    Attributes:
        name: The daemon that is needed.
        condition: What must hold of it.
        required: Whether the other waits for ever where the condition can hold no more; false starts it then.
        restart: Whether the other gets a new process after this one got one.
    """

    name: str
    condition: Condition = Condition.READY
    required: bool = True
    restart: bool = False

    def __str__(self) -> str:
        return f"{self.name}@{self.condition}"


_CONDITION = Choice(
    Condition,
    {
        "started": "It has a process, or has ended well.",
        "ready": "It is ready, or has ended well.",
        "completed": "It has ended well.",
        "first-run-ok": "It has had a good run since it was started.",
    },
)
_FLAGS = ("required", "restart")
_KEYS = {"condition": _CONDITION.parse, **dict.fromkeys(_FLAGS, Flag().parse)}


class DependsOn:
    """A list of names, or a table of names with a condition or a table each."""

    words = "list of names, or table of conditions"

    def parse(self, value: object) -> tuple[Dependency, ...]:
        """Read either form."""
        match value:
            case dict():
                read = each(value.items(), _details, name=NAME.parse)
            case list():
                read = {name: {} for name in each(enumerate(value), NAME.parse).values()}
            case str():
                read = {NAME.parse(value): {}}
            case _:
                raise wrong_type("a list of names or a table", value, 'write depends-on = ["db"], or { db = "ready" }')
        return tuple(Dependency(name, **details) for name, details in read.items())

    def dump(self, value: tuple[Dependency, ...]) -> dict[str, Any]:
        """Write a table, in which all are words or all are tables: TOML has words first, and would change the order."""
        plain = all(one.required and not one.restart for one in value)
        return {one.name: one.condition.value if plain else _written(one) for one in value}

    def schema(self) -> Schema:
        """Describe the forms."""
        flag = Flag().schema()
        details: Schema = {
            "type": "object",
            "properties": {"condition": _CONDITION.schema(), **dict.fromkeys(_FLAGS, flag)},
            "additionalProperties": False,
        }
        of_each: Schema = {"anyOf": [*_CONDITION.schema()["anyOf"], details]}
        names: Schema = {"type": "array", "items": NAME.schema()}
        table: Schema = {
            "type": "object",
            "propertyNames": {"pattern": NAME_PATTERN},
            "additionalProperties": of_each,
        }
        return {"anyOf": [NAME.schema(), names, table]}


def _details(told: object) -> dict[str, Any]:
    if not isinstance(told, dict):
        return {"condition": _CONDITION.parse(told)}
    return table(told, _KEYS, f"write {either(_KEYS)}")


def _written(one: Dependency) -> dict[str, Any]:
    told: dict[str, Any] = {"condition": one.condition.value}
    return told | ({} if one.required else {"required": False}) | ({"restart": True} if one.restart else {})


def depends_on_key() -> Any:
    """The key of a daemon."""
    return key(
        "Daemons that this one needs, and what must hold of each before it is started: `started`, `ready`, `completed` "
        "or `first-run-ok`; a name alone means `ready`. A table says `condition`, `required` and `restart`.",
        DependsOn(),
        default=(),
        example={"db": "ready"},
        applies=Applies.NEXT_START,
    )
