"""What a zygote says of the processes that it was to fork, told to whoever wanted them.

Believes no pid that is not a child of ours: the zygote has run other people's code.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from udaemon.engines.status import open_child
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Parent


def deliver(batch: Sequence[Popen], results: Sequence[Any], parent: Parent) -> None:
    """Tell what became of a batch. What goes wrong with one is raised when all have been told."""
    lost, errors = [], []
    for popen, result in zip(batch, results, strict=True):
        try:
            if not _deliver(popen, result, parent):
                lost.append(popen)
        except Exception as error:  # noqa: BLE001 - faults.md F6: the others of the batch are there, too
            errors.append(error)
    if lost:
        parent.lost(lost, "zygote does not know what became of it")
    if errors:
        raise errors[0]


def _deliver(popen: Popen, result: Any, parent: Parent) -> bool:
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
