"""Imports modules in a zygote, and finds those that must not be imported there.

Knows nothing of what they are for. A module that fails, starts a thread or forks is told; what becomes of that is the
parent's decision.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from udaemon.engines.zygote.threads import is_alone

_TEXT_LIMIT = 200


class Spoiled(NamedTuple):
    """A module after whose import this process is no good for forking."""

    module: str
    why: str


def preload(modules: Iterable[str], say: Callable[[str], None]) -> Mapping[str, str] | Spoiled:
    """Import modules one after the other. Returns those that failed, each with its error.

    Args:
        modules: Their names.
        say: Told of each before its import, as the import may be the last thing that happens here.
    """
    here = os.getpid()
    failed: dict[str, str] = {}
    for module in modules:
        say(module)
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - SystemExit is just another way to fail
            failed[module] = f"{type(error).__name__}: {error}"[:_TEXT_LIMIT]
        if os.getpid() != here:
            os._exit(0)  # the module forked, and this is the copy
        if _has_children(here):
            return Spoiled(module, "it forked at import")
        if not is_alone():
            return Spoiled(module, "it started a thread at import")
    return failed


def _has_children(pid: int) -> bool:
    with open(f"/proc/self/task/{pid}/children", "rb") as file:
        return file.read(1) != b""
