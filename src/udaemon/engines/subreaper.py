"""Makes this process the one to which orphaned descendants are re-parented.

Knows nothing of who they are.
"""

from __future__ import annotations

import os
import signal

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def become_subreaper() -> None:
    """Inherit, from now on, every descendant whose parent ends.

    A parent that ignores SIGCHLD never sees an exit status: the kernel reaps for it. So the signal is set to its
    default where it came ignored (nohup, some container runtimes).

    Raises:
        OSError: The kernel refuses.
    """
    import ctypes  # 2 ms, which a supervisor has when its first zygote is busy

    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
