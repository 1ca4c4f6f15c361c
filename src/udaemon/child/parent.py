"""The watch for a supervisor that dies: its end of a pipe closes, and the kernel sends us TERM.

Knows nothing of what TERM does. No thread and no look at a pid: PDEATHSIG would tell of the thread that forked us.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import threading
from collections.abc import Callable

from udaemon.child.signals import identity
from udaemon.system.procfs import path_of

_TERM = int(signal.SIGTERM)


def watch_parent(fd: int, opened: tuple[int, int]) -> Callable[[], bool]:
    """Have TERM sent to us when the last write end of the pipe is closed, also if it was closed before.

    Args:
        fd: A read end of the pipe. It is replaced by a description of our own, because owner and signal belong to the
            open file description, which a fork shares. It keeps its number, which multiprocessing knows as the
            sentinel of the parent process.
        opened: The pipe's identity, which its processes need not all ask for.

    Returns:
        A function that says whether the supervisor is gone.
    """
    if not hasattr(fcntl, "F_SETSIG"):
        threading.Thread(target=_wait_for_end, args=(fd,), daemon=True).start()
        return lambda: False
    own = os.open(path_of(fd), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETSIG, _TERM)
    fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
    look = select.poll()  # a read that finds nothing raises, which is ten more pages for each fork to copy
    look.register(fd, 0)
    ended = look.poll(0)  # of the description as it came: one opened after the last writer had gone shows no hang-up
    os.dup2(own, fd, inheritable=False)
    os.close(own)
    if ended:
        os.kill(os.getpid(), _TERM)
    # Where the task has closed it, with it goes our only way to know.
    return lambda: identity(fd) == opened and _has_ended(fd)


def _has_ended(pipe: int) -> bool:
    # Not poll, on a description that may have been opened after the last writer had gone.
    try:
        return os.read(pipe, 1) == b""
    except BlockingIOError:
        return False


def _wait_for_end(fd: int) -> None:
    while os.read(fd, 1):
        pass
    os.kill(os.getpid(), _TERM)
