"""The watch for a supervisor that dies: its end of a pipe closes, and the kernel sends us TERM.

Knows nothing of what TERM does. No thread and no look at a pid: PDEATHSIG would tell of the thread that forked us.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable

from udaemon.child.signals import identity


def watch_parent(fd: int) -> Callable[[], bool]:
    """Have TERM sent to us when the last write end of the pipe is closed, also if it was closed before.

    Args:
        fd: A read end of the pipe. It is replaced by a description of our own, because owner and signal belong to the
            open file description, which a fork shares. It keeps its number, which multiprocessing knows as the
            sentinel of the parent process.

    Returns:
        A function that says whether the supervisor is gone.
    """
    if not hasattr(fcntl, "F_SETSIG"):
        threading.Thread(target=_wait_for_end, args=(fd,), daemon=True).start()
        return lambda: False
    own = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    os.dup2(own, fd, inheritable=False)
    os.close(own)
    own = fd
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGTERM)
    fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)

    opened = identity(own)

    def gone() -> bool:
        if identity(own) != opened:
            return False  # the task has closed it, and with it goes our only way to know
        # Not poll: it reports no hang-up on a description that was opened after the last writer had gone.
        try:
            return os.read(own, 1) == b""
        except BlockingIOError:
            return False

    if gone():
        os.kill(os.getpid(), signal.SIGTERM)
    return gone


def _wait_for_end(fd: int) -> None:
    while os.read(fd, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
