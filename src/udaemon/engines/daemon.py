"""What a factory daemon's process does with its life, as the target of its process object.

Knows nothing of zygotes. Loaded in them before anything of the user's, so that a child has nothing to import.
"""

from __future__ import annotations

import os
from typing import NoReturn

from udaemon.child.process import run_child
from udaemon.child.spec import ChildFds, ChildSpec


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
