"""A descriptor that Ctrl-C makes readable, for what waits until Ctrl-C.

Knows nothing of who waits. Python notes a signal and raises KeyboardInterrupt before its next instruction: one that
comes after the last instruction and before the system call that waits would be seen at that call's end, if ever.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts() -> Iterator[int]:
    """The descriptor, to be waited for beside what else may come; KeyboardInterrupt is raised all the same."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    former = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(former)
        os.close(read)
        os.close(write)
