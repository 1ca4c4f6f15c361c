"""Imports in a zygote what its daemons share, one module at a time, and finds those that must not be imported there.

Knows nothing of what they are for, and decides nothing: a module that fails, starts a thread, forks, leaves a
descriptor open, or would remove something at its exit is told, and the parent starts another zygote without it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from udaemon.engines.zygote import exit_handlers
from udaemon.engines.zygote.sharing import PATCHES_THE_WORLD, Library, Root, Sharing
from udaemon.system import procfs
from udaemon.system.threads import is_alone

_TEXT_LIMIT = 200
_BREATH = 0.1
"""Seconds of imports after which whoever can be forked already is forked first."""


class Spoiled(Exception):
    """After the import of `module` this process is no good for forking."""

    def __init__(self, module: str, why: str) -> None:
        super().__init__(f"{module}: {why}")
        self.module = module
        self.why = why


class Loaded(NamedTuple):
    """How far it has come: these roots have all they share, and these modules failed, each with its error."""

    roots: list[int]
    failed: dict[str, str]


class Loader:
    """The imports of a zygote.

    Args:
        sharing: What is to be imported for each root.
        roots: What daemons begin with.
        say: Called with each module before its import, and the roots that wait for it: the import may be the last thing
            that happens here.
    """

    def __init__(self, sharing: Sharing, roots: Sequence[Root], say: Callable[[str, list[int]], None]) -> None:
        self._say = say
        self._kept_out = sharing.kept_out
        self._imports = [sharing.imports(root) for root in roots]
        self._own = {module for root in roots for module in sharing.shared(root)}
        self._users: dict[Library, list[int]] = {}
        for number, imports in enumerate(self._imports):
            for one in imports:
                self._users.setdefault(one, []).append(number)
        self._failed: dict[str, str] = {}
        self._done: set[Library] = set()

    def steps(self) -> Iterator[Loaded]:
        """Import, and pause before what may take long where somebody can be forked; those first who need least.

        A module of the project that only defines is imported in a millisecond: not worth a pause, as whoever is forked
        in one has for himself what the next imports change.

        Raises:
            Spoiled: A module has made this process unfit.
        """
        began = time.monotonic()
        complete: list[int] = []
        for number in sorted(range(len(self._imports)), key=lambda number: len(self._imports[number])):
            for one in self._imports[number]:
                if one in self._done or _is_loaded(one):
                    continue
                self._done.add(one)
                late = time.monotonic() - began > _BREATH
                if late or (complete and one.module not in self._own):
                    yield self._so_far(complete)
                    complete, began = [], time.monotonic()
                self._load(one)
            complete.append(number)
        yield self._so_far(complete)

    def _so_far(self, roots: list[int]) -> Loaded:
        failed, self._failed = self._failed, {}
        return Loaded(roots, failed)

    def _load(self, one: Library) -> None:
        self._say(one.module, self._users[one])
        here, before, handlers = os.getpid(), _descriptors(), exit_handlers.registered()
        try:
            __import__(one.module, fromlist=one.names)
        except BaseException as error:  # noqa: BLE001 - SystemExit is just another way to fail
            self._failed[one.module] = f"{type(error).__name__}: {error}"[:_TEXT_LIMIT]
        if os.getpid() != here:
            os._exit(0)  # the module forked, and this is the copy
        if _end_children():
            raise Spoiled(one.module, "it forked at import")
        if not is_alone():
            raise Spoiled(one.module, "it started a thread at import")
        if _descriptors() - before:
            raise Spoiled(one.module, "it left a file open at import")
        if exit_handlers.registered() != handlers and (removed := exit_handlers.removes()):
            exit_handlers.run()
            raise Spoiled(one.module, f"at its exit it removes what it made at import: {removed}")
        if patches := sys.modules.keys() & PATCHES_THE_WORLD:
            raise Spoiled(one.module, f"it imports {min(patches)}, which patches the standard library")
        if unasked := sys.modules.keys() & self._kept_out:
            raise Spoiled(one.module, f"it imports {min(unasked)}, which is not shared")


def _is_loaded(one: Library) -> bool:
    loaded = sys.modules.get(one.module)
    return loaded is not None and all(hasattr(loaded, name) for name in one.names)


def _descriptors() -> frozenset[str]:
    return frozenset(procfs.descriptors())


def _end_children() -> bool:
    """End what a module has forked, as nobody would know of it. Returns whether there was anything."""
    children = procfs.children()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
    return bool(children)
