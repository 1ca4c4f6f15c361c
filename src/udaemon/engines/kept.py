"""Processes whose parent is the keeper, or nobody any more: how they ended, asked of the kernel, and who reaps them.

Knows nothing of how they are adopted. Only a parent may wait for a process, but everybody may read the exit status of a
zombie of his own user in `/proc/PID/stat`; the keeper reaps none before it is told to. One that has been reaped already
has left its status with its pidfd where the kernel is new enough (PIDFD_GET_INFO, Linux 6.15).
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Collection
from contextlib import suppress

from udaemon.system import procfs
from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel
from udaemon.system.readable import wait_readable

UNKNOWN = Status(code=None, signal=None, core=False)
"""How a process ended whose parent was somebody else, and did not tell."""

_INFO_SIZE = 64
_PIDFD_GET_INFO = 3 << 30 | _INFO_SIZE << 16 | 0xFF << 8 | 11  # _IOWR(PIDFS_IOCTL_MAGIC, 11, struct pidfd_info)
_INFO_EXIT = 1 << 3
_MASK, _EXIT_CODE = struct.Struct("=Q"), struct.Struct("=i")


class KeptKernel(Kernel):
    """The kernel, for a supervisor that has processes of another one.

    Args:
        keeper: The pid of the keeper, None where there is none any more.
        reap: Asks it to reap a child of it.
    """

    def __init__(self, keeper: Callable[[], int | None], reap: Callable[[int], None]) -> None:
        self._keeper = keeper
        self._reap = reap
        self._heirs: dict[int, set[tuple[int, ...]]] = {}

    def inherit(self, pid: int, lock: tuple[int, ...]) -> None:
        """Know what this process leaves behind, whose supervisor and keeper have died: its parent gets it.

        That is nobody of ours, so only who has this lock open is meant.
        """
        if (parent := self.parent(pid)) is not None:
            self._heirs.setdefault(parent, set()).add(lock)

    def seek(self, held: Collection[tuple[int, ...]]) -> None:
        """Know what has one of these locks open and comes neither from us nor from the keeper.

        It was adopted by a supervisor before us, when another one and its keeper had been killed.
        """
        found = {*self.holders(self.all_pids(), held)} - {self.pid()}
        for heir in {self.parent(pid) for pid in found} - found - self.children():
            if heir is not None:
                self._heirs.setdefault(heir, set()).update(held)

    def children(self) -> frozenset[int]:
        """Those of the keeper, too: what a process leaves behind comes to it where that was its child.

        And what was inherited by others from those that nobody had any more.
        """
        found = super().children() | self._keepers()
        for heir, held in self._heirs.items():
            with suppress(FileNotFoundError):
                found |= frozenset(self.holders(self.children_of(heir) - {self.pid()}, held))
        return found

    def has_zombie(self) -> bool:
        """Whether any child of ours or of the keeper has ended and is not reaped."""
        return super().has_zombie() or any(
            (found := self.look_at(pid)) is not None and found.zombie for pid in self._keepers()
        )

    def reap_pid(self, pid: int) -> None:
        """Reap one of these if it has ended."""
        super().reap_pid(pid)
        if pid in self._keepers():
            self._reap(pid)

    def peek(self, pidfd: int) -> Status | None:
        """How a process ended, None while it lives."""
        try:
            return super().peek(pidfd)
        except ChildProcessError:
            return self.ending(pidfd)

    def reap(self, pidfd: int) -> Status | None:
        """The same; its zombie is let go of."""
        try:
            return super().reap(pidfd)
        except ChildProcessError:
            status = self.ending(pidfd)
            if status is not None and (pid := self.pid_of(pidfd)) > 0:
                self._reap(pid)
            return status

    def ending(self, pidfd: int) -> Status | None:
        """How a process ended that is no child of ours, None while it lives; `UNKNOWN` where nothing tells."""
        return ending(pidfd)

    def _keepers(self) -> frozenset[int]:
        """The keeper's children but us."""
        keeper = self._keeper()
        if keeper is None:
            return frozenset()
        try:
            return self.children_of(keeper) - {self.pid()}
        except FileNotFoundError:  # it has just gone
            return frozenset()


def ending(pidfd: int) -> Status | None:
    """How a process ended that is no child of ours, None while it lives; `UNKNOWN` where nothing tells."""
    if not has_ended(pidfd):
        return None
    status = _of_zombie(pidfd)
    return status if status is not None else _of_pidfd(pidfd) or UNKNOWN


def has_ended(pidfd: int) -> bool:
    """Whether the process has ended, with all of its threads."""
    return bool(wait_readable(pidfd, timeout=0.0))


def _of_zombie(pidfd: int) -> Status | None:
    pid = procfs.pid_of(pidfd)
    if pid <= 0:
        return None
    stat = procfs.stat(pid)
    # Asked again: as long as the pidfd has a pid, the zombie was not reaped, and the number was nobody else's.
    if stat is None or not stat.zombie or stat.exit_code is None or procfs.pid_of(pidfd) != pid:
        return None
    return _status(stat.exit_code)


def _of_pidfd(pidfd: int) -> Status | None:
    info = bytearray(_INFO_SIZE)
    _MASK.pack_into(info, 0, _INFO_EXIT)
    with suppress(OSError):
        fcntl.ioctl(pidfd, _PIDFD_GET_INFO, info)
        if _MASK.unpack_from(info, 0)[0] & _INFO_EXIT:
            return _status(_EXIT_CODE.unpack_from(info, _INFO_SIZE - _EXIT_CODE.size)[0])
    return None


def _status(wait_status: int) -> Status:
    """As wait(2) has it."""
    if os.WIFSIGNALED(wait_status):
        return Status(code=None, signal=os.WTERMSIG(wait_status), core=os.WCOREDUMP(wait_status))
    return Status(code=os.WEXITSTATUS(wait_status), signal=None, core=False)
