"""What the logger does when the supervisor is gone: end the daemons that did not end by themselves.

Knows nothing of logs. It kills by session, because a daemon leads one, and by log pipe, because a supervisor that was
killed may not have named the leader yet; it signals only through pidfds.
"""

from __future__ import annotations

import contextlib
import os

from udaemon.system import procfs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

GRACE = 1.5
"""Seconds in which daemons that watch for the supervisor's death leave by themselves."""

_PASSES = 5


class Leaders:
    """The living leaders of the daemons' sessions, each by its pidfd."""

    def __init__(self) -> None:
        self._pidfds: set[int] = set()
        self._doomed: dict[int, int] = {}

    def __contains__(self, pidfd: int) -> bool:
        return pidfd in self._pidfds

    def __bool__(self) -> bool:
        return bool(self._pidfds)

    def add(self, pidfd: int) -> None:
        """Watch over one more; `pidfd` is ours from here on."""
        self._pidfds.add(pidfd)

    def gone(self, pidfd: int) -> None:
        """This one has ended."""
        self._pidfds.remove(pidfd)
        os.close(pidfd)

    def condemn(self) -> None:
        """Remember the sessions that lived when the supervisor died: a leader may leave without its followers."""
        self._doomed = {pid: pidfd for pidfd in self._pidfds if (pid := procfs.pid_of(pidfd)) > 0}

    def kill(self, pipes: Collection[int]) -> None:
        """Kill everything in the condemned sessions, again until nothing is found: what is killed late may fork.

        Args:
            pipes: Log pipes that have not ended: whoever has one open to write is to go too.
        """
        alive = {pid for pid, pidfd in self._doomed.items() if pidfd in self._pidfds}
        names = {os.readlink(procfs.path_of(fd)) for fd in pipes}
        for _ in range(_PASSES):
            holders = [pid for pid in _sessions() if pid != os.getpid() and _has_open(pid, names)] if names else []
            for pid in holders:
                _kill(pid, lambda pid: _has_open(pid, names))
            found = [pid for pid, session in _sessions().items() if session in self._doomed]
            # A session's number is not given away while it has members. Where a process of that number lives that is
            # not our leader, all of ours have gone and the number is a stranger's.
            victims = [pid for pid in found if (session := _session_of(pid)) in alive or not _lives(session)]
            if not victims and not holders:
                return
            for pid in victims:
                _kill(pid, lambda pid: _session_of(pid) in self._doomed)


def _session_of(pid: int) -> int:
    stat = procfs.stat(pid)
    return -1 if stat is None else stat.session


def _lives(pid: int) -> bool:
    stat = procfs.stat(pid)
    return stat is not None and not stat.zombie


def _sessions() -> dict[int, int]:
    """Each living process with its session."""
    stats = {pid: procfs.stat(pid) for pid in procfs.pids()}
    return {pid: stat.session for pid, stat in stats.items() if stat is not None and not stat.zombie}


def _has_open(pid: int, names: Collection[str]) -> bool:
    return any(name in names for name in procfs.open_names(pid))


def _kill(pid: int, still: Callable[[int], bool]) -> None:
    from signal import SIGKILL, pidfd_send_signal  # costs 3 ms of start that only this moment needs

    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            # Looked at again now that the pidfd holds the process: the pid may have passed on in between.
            if still(pid):
                pidfd_send_signal(pidfd, SIGKILL)
        finally:
            os.close(pidfd)
