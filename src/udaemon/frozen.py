"""`attrs.frozen` for classes that are loaded at a start: what few of them need is not compiled for each.

attrs writes and compiles `__eq__`, `__hash__` and `__repr__` of every class at its import. With the hundred classes of
a supervisor that is a fifth of its time to load, and most are never compared and never shown. Here the three are
written once. To a type checker, and to whoever uses a class, nothing differs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["frozen"]

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls=None, *, eq=True, **options):
        """Make a class of frozen values; what it defines itself stays. The options are those of `attrs.frozen`."""
        if cls is None:
            return partial(frozen, eq=eq, **options)
        methods = {"__repr__": _text} | ({"__eq__": _equal, "__hash__": _hash} if eq else {})
        for name in methods.keys() - vars(cls).keys():
            setattr(cls, name, methods[name])
        return attrs.frozen(cls, eq=False, repr=False, **options)


def _equal(value: Any, other: Any) -> Any:
    if type(value) is not type(other):
        return NotImplemented
    compared = _compared(type(value))
    return compared(value) == compared(other)


def _hash(value: Any) -> int:
    return hash(_compared(type(value))(value))


def _text(value: Any) -> str:
    shown = [(field.name, field.repr) for field in attrs.fields(type(value)) if field.repr]
    each = (f"{name}={(repr if show is True else show)(getattr(value, name))}" for name, show in shown)
    return f"{type(value).__qualname__.rpartition('>.')[2]}({', '.join(each)})"


def _comparison(cls: Any) -> Callable[[object], object]:
    """Returns what of a value of this class is compared."""
    names = [field.name for field in attrs.fields(cls) if field.eq]
    return attrgetter(*names) if names else lambda _value: ()


_compared: Callable[[Any], Callable[[object], object]] = cache(_comparison)
