"""Ctrl-C that does not get lost: a descriptor for what waits until it comes, and once more where Python drops it.

Knows nothing of who waits. Python notes a signal and raises KeyboardInterrupt before its next instruction: one that
comes after the last instruction and before the system call that waits would be seen at that call's end, if ever.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_AFTER = 0.001


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


def raise_again(dropped: UnraisableHookArgs, /) -> None:
    """As `sys.unraisablehook`: a KeyboardInterrupt that came in code that nobody called is raised a moment later.

    Python raises nothing out of a finalizer or the callback of a weak reference, and each import has such a callback.
    """
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)  # a moment later, when this hook has been left
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_AFTER)
