"""What the look at a module's text has to say: its imports, why it is not pure, and what that depends on.

Knows nothing of how it was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from udaemon.policy.sharing.bindings import Origin

NOTHING = Origin(0, "", "")
"""Stands for no import."""


class Import(NamedTuple):
    """An import statement at the top level of a module.

    Attributes:
        names: What is imported from it; these may be modules too.
        line: Where it stands.
        sure: It is reached whenever the module is imported.
        guarded: The module goes on without it when it is not there.
    """

    level: int
    module: str
    names: tuple[str, ...]
    line: int
    sure: bool
    guarded: bool


class Reason(NamedTuple):
    """Why a module does more than define."""

    line: int
    text: str


class Condition(NamedTuple):
    """What must hold of something imported for the module to be pure, and the reason where it does not.

    It must be of the project, whose shared modules hold plain values only; with `base` it must be a plain class. The
    name in `origin` may have attributes behind it.
    """

    origin: Origin
    base: bool
    reason: Reason


class Verdict(NamedTuple):
    """What the import of a module does.

    Attributes:
        impure: The first thing it does but defining.
        classes: Its classes that can be derived from without running anything.
        exports: What its names that come from elsewhere can stand for; `NOTHING` for a value of its own.
    """

    imports: tuple[Import, ...] = ()
    impure: Reason | None = None
    conditions: tuple[Condition, ...] = ()
    classes: frozenset[str] = frozenset()
    exports: Mapping[str, tuple[Origin, ...]] = MappingProxyType({})
