"""What a zygote says of one process that it was to fork, told to whoever wanted it.

Believes no pid that is not a child of ours: the zygote has run other people's code.
"""

from __future__ import annotations

import os
from typing import Any

from udaemon.engines.status import open_child
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Parent


def deliver(popen: Popen, result: Any, parent: Parent) -> bool:
    """Tell what became of a process. Returns False where nobody knows.

    Args:
        popen: Which process.
        result: A pid and 0, or 0 and an errno; anything else means nothing.
        parent: Is told.
    """
    match result:
        case [0, int(number)]:
            parent.failed(popen, f"fork: {os.strerror(number)}")
            return True
        case [int(pid), 0] if pid > 1:
            pidfd = open_child(pid)
            if pidfd is not None:
                popen.forked(pid, pidfd)
                parent.forked(popen)
                return True
    return False
