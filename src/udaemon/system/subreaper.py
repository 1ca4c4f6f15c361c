"""Makes this process the one to which orphaned descendants are re-parented.

Knows nothing of who they are.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_PR_GET_CHILD_SUBREAPER = 37


def become_subreaper() -> None:
    """Inherit, from now on, every descendant whose parent ends.

    A parent that ignores SIGCHLD never sees an exit status: the kernel reaps for it. So the signal is set to its
    default where it came ignored (nohup, some container runtimes).

    Raises:
        OSError: The kernel refuses.
    """
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def is_subreaper() -> bool:
    """Whether this process inherits them already.

    Raises:
        OSError: The kernel does not know of it.
    """
    import ctypes

    answer = ctypes.c_int()
    _prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(answer))
    return answer.value != 0


@contextmanager
def subreaper() -> Iterator[None]:
    """Be one for the length of a block, in a process that is somebody else's afterwards."""
    former = is_subreaper()
    become_subreaper()
    try:
        yield
    finally:
        _prctl(_PR_SET_CHILD_SUBREAPER, int(former))


def _prctl(option: int, argument: Any) -> None:
    import ctypes  # 2 ms, which a supervisor has when its first zygote is busy

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, argument, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
