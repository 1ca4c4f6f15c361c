"""Exit statuses, waited for by pidfd.

Knows nothing of whose they are. A pidfd names one process for ever; a pid may be another process tomorrow.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import NamedTuple

from udaemon.system.readable import wait_readable

_SOON = 1.0
"""Seconds."""
_DIES_WITHIN = 5.0
"""Seconds for what was killed; one that hangs in a write to a dead disk is not waited for any longer."""


class Status(NamedTuple):
    """How a process ended: one of `code` and `signal` is set."""

    code: int | None
    signal: int | None
    core: bool

    @property
    def returncode(self) -> int:
        """The same as `subprocess` and `multiprocessing` spell it: a signal is negative."""
        return self.code if self.code is not None else -(self.signal or 0)


def peek(pidfd: int) -> Status | None:
    """How a child of ours ended, None while it lives. It stays a zombie, so its pid and process group stay its own.

    Raises:
        ChildProcessError: It is no child of ours, or not yet: its parent still has to end first.
    """
    return _wait(pidfd, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def reap(pidfd: int) -> Status | None:
    """As `peek`, and reap the process.

    Raises:
        ChildProcessError: It is no child of ours.
    """
    return _wait(pidfd, os.WEXITED | os.WNOHANG)


def kill_and_wait(pidfd: int) -> None:
    """Kill a process, whoever's child it is, and wait until it is gone; one that has gone meanwhile is."""
    with suppress(OSError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        wait_readable(pidfd, timeout=_DIES_WITHIN)


def reap_soon(pidfd: int) -> None:
    """Let go of a child that was killed, at the latest after a second: one in the kernel's hands may not end at all."""
    if wait_readable(pidfd, timeout=_SOON):
        with suppress(ChildProcessError):
            reap(pidfd)


def open_child(pid: int) -> int | None:
    """A pidfd of a child of ours; None for every other pid, and when there are no descriptors left."""
    with suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            peek(pidfd)
        except ChildProcessError:
            os.close(pidfd)
        else:
            return pidfd
    return None


def _wait(pidfd: int, options: int) -> Status | None:
    result = os.waitid(os.P_PIDFD, pidfd, options)
    if result is None:
        return None
    if result.si_code == os.CLD_EXITED:
        return Status(code=result.si_status, signal=None, core=False)
    return Status(code=None, signal=result.si_status, core=result.si_code == os.CLD_DUMPED)
