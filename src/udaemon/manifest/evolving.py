"""Makes a frozen value that differs in a few attributes from another one, faster than attrs does.

Knows no value. It copies the dictionary of one, which so must have none of its attributes in slots.
"""

from __future__ import annotations

from typing import TypeVar

Value = TypeVar("Value")


def evolve(value: Value, **changes: object) -> Value:
    """The value with these changes, as `attrs.evolve` makes it in three times the time: a start takes eight.

    It keeps what it has found out about itself (`cached_property`): none of that may follow from what is changed.

    Raises:
        TypeError: It has no such attribute.
    """
    evolved = object.__new__(type(value))
    values = evolved.__dict__
    values.update(value.__dict__)
    known = len(values)
    values.update(changes)
    if len(values) != known:
        kind = type(value).__name__.lower()
        raise TypeError(f"{kind} has no {', '.join(sorted(changes.keys() - vars(value).keys()))}")
    return evolved
