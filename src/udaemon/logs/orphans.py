"""What the logger does when the supervisor is gone: end the daemons that did not end by themselves.

Knows nothing of logs. It kills by session, because a daemon leads one, and by log pipe, because a supervisor that was
killed may not have named the leader yet; it signals only through pidfds.
"""

from __future__ import annotations

import contextlib
import os

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
        self._doomed = {pid: pidfd for pidfd in self._pidfds if (pid := _pid_of(pidfd)) > 0}

    def kill(self, pipes: Collection[int]) -> None:
        """Kill everything in the condemned sessions, again until nothing is found: what is killed late may fork.

        Args:
            pipes: Log pipes that have not ended: whoever has one open to write is to go too.
        """
        alive = {pid for pid, pidfd in self._doomed.items() if pidfd in self._pidfds}
        names = {os.readlink(f"/proc/self/fd/{fd}") for fd in pipes}
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


def _pid_of(pidfd: int) -> int:
    """The pid as the kernel shows it (proc(5), fdinfo); -1 for a process that has been reaped."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as info:
        for line in info:
            if line.startswith("Pid:"):
                return int(line[4:])
    return -1


def _stat(pid: int | str) -> list[str]:
    """Fields of /proc/PID/stat from the third on: the second may hold blanks and brackets."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _session_of(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[3]) if len(fields) > 3 else -1


def _lives(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def _sessions() -> dict[int, int]:
    """Each living process with its session."""
    return {int(name): _session_of(int(name)) for name in os.listdir("/proc") if name.isdigit() and _lives(int(name))}


def _has_open(pid: int, names: Collection[str]) -> bool:
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        for number in os.listdir(folder):
            with contextlib.suppress(OSError):
                if os.readlink(f"{folder}/{number}") in names:
                    return True
    return False


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
