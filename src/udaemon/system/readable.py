"""Waits until descriptors are readable, whatever their numbers.

Knows nothing of what is read. By poll(2): select(2) refuses a number beyond 1023 (FD_SETSIZE), which a supervisor of a
few hundred daemons is soon at, and any program that calls us as a library may be.
"""

from __future__ import annotations

import select

from udaemon.waits import bounded


def wait_readable(*fds: int, timeout: float | None = None) -> tuple[int, ...]:
    """Those that have something to read, or have ended; none after `timeout` seconds, or ten days."""
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    left = bounded(timeout)
    return tuple(fd for fd, _ in poller.poll(None if left is None else left * 1000))
