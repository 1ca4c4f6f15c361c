"""Whether this process can be forked: only while it has one thread.

Knows nothing of who started the others. A fork copies one thread and the locks that the others held, for ever.
"""

from __future__ import annotations

import os
import sys
import time
import warnings

from udaemon.system.procfs import tasks

_TRIES = 20
_PAUSE = 0.001


def is_alone() -> bool:
    """Whether this thread is the only one.

    A library may end its own threads before a fork and bring them back when they are needed: OpenBLAS, and so numpy,
    does. And a thread that was joined may still be on its way out. So fork and look again before saying no.
    """
    if _count() == 1:
        return True
    for _ in range(_TRIES):
        if len(sys._current_frames()) > 1:  # noqa: SLF001 - Python has no other list of its threads that is not its own
            return False
        _fork_for_nothing()
        if _count() == 1:
            return True
        time.sleep(_PAUSE)
    return False


def _count() -> int:
    return len(tasks())


def _fork_for_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is another thread is just what we want to know
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
