"""Process groups of a daemon's session, signalled whole: no process that is just being forked is missed.

Knows nothing of daemons. A group's number is a process's that may have ended long ago, so one is named only while a
child of ours that is not reaped yet keeps the number from being used again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress

from udaemon.system.process_tree import descendants

SUSPENDING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
"""Signals after which a process is not to go on."""


def signal_group(leader: int, number: int) -> None:
    """Send a signal to the group of a session's leader, a child of ours; have those that are stopped go on."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
        if number not in SUSPENDING:
            os.killpg(leader, signal.SIGCONT)


def kill_group(leader: int) -> None:
    """Kill the group of a session's leader, a child of ours."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def kill_group_of(pid: int) -> None:
    """Kill the group that a child of ours is in, unless it is in our own session, as under `udaemon run`."""
    with suppress(ProcessLookupError, PermissionError):
        if os.getsid(pid) != os.getsid(0):
            os.killpg(os.getpgid(pid), signal.SIGKILL)


def beside_group(leader: int, orphans: Collection[int]) -> Iterator[tuple[int, int]]:
    """Those in a leader's session that are not in its group, pid and pidfd: a shell with job control makes such groups.

    Where it leads no session, as under `udaemon run`, there is no group of its own: it and all that descend from it.

    Args:
        leader: A child of ours.
        orphans: Children of ours, some of which may have been its descendants.
    """
    leads = os.getsid(leader) == leader
    for pid in (*descendants(leader), *(orphans if leads else [leader])):
        with suppress(OSError):
            pidfd = os.pidfd_open(pid)
            # Asked for after the pidfd was opened, so that it is said of the process that the pidfd names.
            if not leads or (os.getsid(pid) == leader and os.getpgid(pid) != leader):
                yield pid, pidfd
            else:
                os.close(pidfd)
