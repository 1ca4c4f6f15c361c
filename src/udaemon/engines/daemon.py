"""What a factory daemon's process does with its life, as the target of its process object.

Knows nothing of zygotes. Loaded in them before anything of the user's, so that a child has nothing to import.
"""

# ruff: noqa: SLF001 - a start method works on the private parts of multiprocessing, as its own ones do
from __future__ import annotations

import itertools
import os
from multiprocessing import process, util
from typing import Any, NoReturn

from udaemon.child.process import run_child
from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.engines.zygote.process import ZygoteProcess


class DaemonProcess(ZygoteProcess):
    """The process object of a daemon, whose target never returns."""

    _parent_name: str
    _parent_pid: int

    def _bootstrap(self, parent_sentinel: int | None = None) -> NoReturn:
        """Become this process. The standard library's own way is three times as many pages to copy, 0.3 MB each.

        What it does after the target has returned is not needed here; what it does before is all here.
        """
        module: Any = process
        module._current_process = self
        module._parent_process = module._ParentProcess(self._parent_name, self._parent_pid, parent_sentinel)
        module._process_counter = itertools.count(1)
        module._children = set()
        inherited: Any = util
        if inherited._finalizer_registry:
            inherited._finalizer_registry.clear()
        if inherited._afterfork_registry:
            inherited._run_after_forkers()
        self.run()
        raise AssertionError("a daemon's target does not return")


def be_daemon(spec: ChildSpec, *fds: int) -> NoReturn:
    """Run the daemon to its end. `fds` are output, lock, events, parent and scoreboard of `ChildFds`."""
    _take_name(f"{spec.name}/{spec.index}")
    output, lock, events, parent, scoreboard = fds
    os._exit(run_child(spec, ChildFds(output, lock, events, parent, scoreboard)))


def _take_name(name: str) -> None:
    """Be called so in `top`, which else shows a crowd of zygotes; the kernel keeps fifteen bytes."""
    try:
        fd = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return
    os.write(fd, name.encode())
    os.close(fd)
