"""What a factory daemon's process does with its life, as a process object of the start method "zygote".

Knows nothing of zygotes. Loaded in them before anything of the user's, so that a child has nothing to import.
"""

# ruff: noqa: SLF001 - a start method works on the private parts of multiprocessing, as its own ones do
from __future__ import annotations

import itertools
import os
from functools import partial
from multiprocessing import process, util
from typing import Any

from udaemon.child.bootstrap import BatchSetup, ProcessSetup
from udaemon.child.process import child_main
from udaemon.child.spec import ChildFds
from udaemon.child.stack import Life
from udaemon.child.title import set_title
from udaemon.engines.zygote.process import ZygoteProcess


class DaemonProcess(ZygoteProcess):
    """The process object of a daemon; its arguments are a `ChildSpec` and the fields of its `ChildFds`.

    It has no target: what the standard library does around one touches three times as many pages.
    """

    _args: tuple[Any, ...]
    _config: dict[str, Any]
    _identity: tuple[int, ...]
    _parent_name: str
    _parent_pid: int

    def prepare(self, batch: dict[Any, Any], parent_sentinel: int) -> None:
        """Make ready what the child need not."""
        spec, fds = self._args[0], ChildFds(*self._args[1:])
        module: Any = process
        inherited: Any = util
        if BatchSetup not in batch:
            batch[BatchSetup] = BatchSetup(spec, fds)
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
        set_title(self.name)
        return self._begin
