"""What a factory daemon's process does with its life, as a process object of the start method "zygote".

Knows nothing of zygotes. Loaded in them before anything of the user's, so that a child has nothing to import.
"""

# ruff: noqa: SLF001 - a start method works on the private parts of multiprocessing, as its own ones do
from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial
from multiprocessing import process, util
from typing import Any

from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
from udaemon.child.rehearsal import ROUNDS
from udaemon.child.rehearsal import rehearse as rehearse_rounds
from udaemon.child.spec import ChildFds
from udaemon.child.stack import Life
from udaemon.child.title import set_title
from udaemon.engines.zygote.process import ZygoteProcess

_AGAIN = 2
_rehearsed = False


def rehearse(*, again: bool = False) -> None:
    """Do what a daemon does first, in the process that will fork daemons; see `child.rehearsal`.

    Args:
        again: Also where it was done before: what was imported since has taken its place in Python's caches.
    """
    global _rehearsed  # noqa: PLW0603 - it is a fact about this process
    if _rehearsed and not again:
        return
    module: Any = process
    former = module._current_process
    one = DaemonProcess.__new__(DaemonProcess)
    one._name, one._begin, one._runs_after_forkers = "zygote", int, False
    try:
        rehearse_rounds(lambda: one.life(-1), _AGAIN if _rehearsed else ROUNDS)
    finally:
        module._current_process = former
    _rehearsed = True


class DaemonProcess(ZygoteProcess):
    """The process object of a daemon; its arguments are a `ChildSpec` and the fields of its `ChildFds`.

    It has no target: what the standard library does around one touches three times as many pages.
    """

    _args: tuple[Any, ...]
    _config: dict[str, Any]
    _identity: tuple[int, ...]
    _begin: Callable[[], int]
    _name: str
    _parent_name: str
    _parent_pid: int

    def prepare(self, batch: dict[Any, Any], parent_sentinel: int) -> None:
        """Make ready what the child need not."""
        spec, fds = self._args[0], ChildFds(*self._args[1:])
        module: Any = process
        inherited: Any = util
        if BatchSetup not in batch:
            batch["former"] = module._current_process  # a child that frees it touches a dozen pages
            batch[BatchSetup] = BatchSetup(fds).take_over(spec)
            module._parent_process = module._ParentProcess(self._parent_name, self._parent_pid, parent_sentinel)
            module._process_counter = itertools.count(1)
            module._children = set()
            inherited._finalizer_registry.clear()
        # As in a program of its own: its processes are called Process-1 and so on, and its key is nobody else's.
        self._identity = ()
        self._config["authkey"] = module.AuthenticationString(os.urandom(32))
        self._runs_after_forkers = bool(inherited._afterfork_registry)
        self._begin = partial(child_main, ProcessSetup(spec, fds, batch[BatchSetup]))

    def life(self, parent_sentinel: int) -> Life:  # noqa: ARG002 - prepared with it
        """Become the daemon, to its end."""
        module: Any = process
        module._current_process = self
        if self._runs_after_forkers:
            util._run_after_forkers()  # type: ignore[attr-defined]
        set_title(self._name)
        return self._begin
