"""Gives values that another version of udaemon has pickled the fields that it did not know of.

Knows no class: a field that is new has its default, as the manifest could not say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import NOTHING, Factory, fields, has

from udaemon.errors import UdaemonError


def fill(value: Any) -> None:
    """Set what is missing, in this value and in all within it.

    Raises:
        UdaemonError: It must be said, and nobody has.
    """
    if isinstance(value, Mapping):
        for each in value.values():
            fill(each)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            fill(each)
    elif has(type(value)):
        for field in fields(type(value)):
            if not hasattr(value, field.name):
                object.__setattr__(value, field.name, _default(type(value), field))
            fill(getattr(value, field.name))


def _default(kind: type, field: Any) -> Any:
    default = field.default
    if default is NOTHING:
        raise UdaemonError(f"what runs was read by an older udaemon, which knew no {field.name} of a {kind.__name__}")
    if isinstance(default, Factory):  # type: ignore[arg-type]
        return default.factory()
    return default
