"""What the kernel is asked about processes of ours, and what it is asked to do for us: one seam, for tests too.

Decides nothing. Descriptors are real ones also where the processes are not.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from udaemon.system import exit_status, process_groups, process_tree, procfs
from udaemon.system.process_groups import SUSPENDING

_TICKS = os.sysconf("SC_CLK_TCK")


class Kernel:
    """The kernel of this machine."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def since_boot(self) -> float:
        """Seconds since the system was started, those of a suspend too."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def ticks(self) -> int:
        """Clock ticks since the system was started, by which it says when a process began."""
        return int(self.since_boot() * _TICKS)

    def write(self, fd: int, data: bytes) -> int:
        """Write to a file of ours. Returns how many bytes there was room for.

        Raises:
            OSError: There was room for none.
        """
        return os.write(fd, data)

    def pid(self) -> int:
        """Our own."""
        return os.getpid()

    def children(self) -> frozenset[int]:
        """Pids of all direct children of this process, zombies too."""
        return process_tree.children()

    def children_of(self, pid: int) -> frozenset[int]:
        """Pids of all direct children of another process, zombies too.

        Raises:
            FileNotFoundError: It has gone.
            OSError: There is no memory for the list.
        """
        return frozenset(procfs.children(pid))

    def parent(self, pid: int) -> int | None:
        """The process whose child one is at this moment; None when it has gone."""
        return procfs.parent(pid)

    def pid_of(self, pidfd: int) -> int:
        """The pid that one of our pidfds names; -1 for a process that has been reaped."""
        return procfs.pid_of(pidfd)

    def look_at(self, pid: int) -> process_tree.Relative | None:
        """A process as it is at this moment, None when there is none."""
        return process_tree.look_at(pid)

    def session(self) -> int:
        """Our own session."""
        return os.getsid(0)

    def open_files(self, pid: int) -> frozenset[tuple[int, ...]]:
        """Device and inode of each file that a process has open; of a pipe only where it can write to that.

        Read ends are ours: what a process of ours forks has them, until it executes its own program.
        """
        return procfs.open_files(pid, read_ends=False)

    def environ(self, pid: int) -> Mapping[bytes, bytes]:
        """The environment that a process was executed with.

        Raises:
            OSError: It has gone or may not be looked at.
        """
        return procfs.environ(pid)

    def holders(self, pids: Collection[int], files: Collection[tuple[int, ...]]) -> Iterator[int]:
        """Those of `pids` that have one of these files open."""
        return process_tree.holders(pids, files)

    def all_pids(self) -> Collection[int]:
        """Pids of all processes there are."""
        return procfs.pids()

    def open(self, pid: int) -> int:
        """A pidfd of a process.

        Raises:
            OSError: It has gone, or there is no descriptor left.
        """
        return os.pidfd_open(pid)

    def peek(self, pidfd: int) -> exit_status.Status | None:
        """How a child of ours ended, None while it lives; it stays a zombie."""
        return exit_status.peek(pidfd)

    def reap(self, pidfd: int) -> exit_status.Status | None:
        """How a child of ours ended, None while it lives; the zombie is let go of."""
        return exit_status.reap(pidfd)

    def has_zombie(self) -> bool:
        """Whether any child of ours has ended and is not reaped."""
        with suppress(ChildProcessError):
            return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return False

    def reap_pid(self, pid: int) -> None:
        """Reap a child of ours if it has ended; of one that lives, or is no child, nothing comes."""
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG)

    def send(self, pidfd: int, number: int) -> None:
        """Send a signal; a process that has gone is no error."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, number)

    def signal(self, pidfd: int, number: int) -> None:
        """Send a signal, and have the process go on in case it was stopped."""
        self.send(pidfd, number)
        if number not in SUSPENDING:
            self.send(pidfd, signal.SIGCONT)

    def kill(self, pid: int) -> None:
        """Kill a child of ours that is not reaped: its pid is nobody else's."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def signal_session(self, leader: int, number: int, orphans: Collection[int]) -> frozenset[int]:
        """Send a signal to a leader's whole session, and to those of `orphans` that belong to it.

        Returns:
            Those that got it one by one, and not with the leader's group.
        """
        told = set()
        process_groups.signal_group(leader, number)
        for pid, pidfd in process_groups.beside_group(leader, orphans):
            self.signal(pidfd, number)
            os.close(pidfd)
            told.add(pid)
        return frozenset(told)

    def kill_group(self, leader: int) -> None:
        """Kill the group of a session's leader, a child of ours."""
        process_groups.kill_group(leader)

    def kill_group_of(self, pid: int) -> None:
        """Kill the group that a child of ours is in, unless that is in our own session."""
        process_groups.kill_group_of(pid)


KERNEL = Kernel()
