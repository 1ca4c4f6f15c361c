"""A descriptor that becomes readable at a time of the wall clock, and whenever somebody sets that clock.

Knows nothing of what is due. Linux's timerfd_create(2) through ctypes: Python has a call for it since 3.13. The kernel
counts sleep of the machine too, so that a time which passes meanwhile is told as soon as it wakes up.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from math import inf

_ABSTIME, _CANCEL_ON_SET = 1, 2
_FAR = 2.0**32
"""Seconds since 1970: the year 2106. Where nothing is due, the clock may still be set."""


class WallTimer:
    """One timer; it is armed for one time at once.

    Raises:
        OSError: There are no descriptors left.
    """

    def __init__(self) -> None:
        import ctypes

        class Spec(ctypes.Structure):
            _fields_ = [(name, ctypes.c_long) for name in ("every", "every_ns", "at", "at_ns")]

        self._spec, self._by_reference = Spec, ctypes.byref
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = self._libc.timerfd_create(time.CLOCK_REALTIME, os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def arm(self, wall: float = inf) -> None:
        """Tell this time next, one that has passed at once; also each time that the clock is set."""
        at = min(max(wall, 0.001), _FAR)
        spec = self._spec(0, 0, int(at), int(at % 1 * 1e9))
        # Fails where the clock was set since it was armed last; then it is armed all the same (timerfd_create(2)).
        self._libc.timerfd_settime(self.fd, _ABSTIME | _CANCEL_ON_SET, self._by_reference(spec), None)

    def clear(self) -> None:
        """Take note of what it told: it is no longer readable."""
        with suppress(OSError):  # ECANCELED: the clock was set
            os.read(self.fd, 8)

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self.fd)
