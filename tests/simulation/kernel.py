"""What udaemon asks of the kernel about processes, answered by a `World`.

Decides nothing by itself: chances are the world's, and what a program does once it runs is `programs.py`'s.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tests.simulation.processes import US, Process
from tests.simulation.world import World

from udaemon.engines.kept import UNKNOWN, KeptKernel
from udaemon.system import procfs
from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel
from udaemon.system.process_tree import Relative


class SimulatedKernel(Kernel):
    """Implements `Kernel`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pidfds: dict[int, Process] = {}

    def now(self) -> float:
        return self._world.now

    def since_boot(self) -> float:
        return self._world.now

    def ticks(self) -> int:
        return int(self._world.now * 100)

    def write(self, fd: int, data: bytes) -> int:
        """What has no room is cut short, or refused."""
        world = self._world
        world.system_call()
        if world.faults.disk_full:
            data = data[: world.more.randrange(len(data) + 1)]
            if not data:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(fd, data)
        world.system_call()
        return written

    def pid(self) -> int:
        return US

    def children(self) -> frozenset[int]:
        self._world.system_call()
        self._world.refuse(self._world.faults.no_memory, errno.ENOMEM)
        return frozenset(process.pid for process in self._world.children())

    def children_of(self, pid: int) -> frozenset[int]:
        self._world.system_call()
        self._world.refuse(self._world.faults.no_memory, errno.ENOMEM)
        return frozenset(one.pid for one in self._world.processes.values() if one.parent == pid)

    def parent(self, pid: int) -> int | None:
        self._world.system_call()
        one = self._world.processes.get(pid)
        return None if one is None else one.parent

    def pid_of(self, pidfd: int) -> int:
        process = self.pidfds[pidfd]
        return process.pid if self._world.processes.get(process.pid) is process else -1

    def look_at(self, pid: int) -> Relative | None:
        self._world.system_call()
        one = self._world.processes.get(pid)
        return None if one is None else Relative(pid, one.session, not one.alive, one.started)

    def session(self) -> int:
        return US

    def open_files(self, pid: int) -> frozenset[tuple[int, ...]]:
        self._world.system_call()
        one = self._world.processes.get(pid)
        return frozenset(found for fd in ([] if one is None else one.fds) for found in _identities(fd))

    def environ(self, pid: int) -> Mapping[bytes, bytes]:
        self._world.system_call()
        if (one := self._world.processes.get(pid)) is None:
            raise ProcessLookupError
        return one.marks

    def holders(self, pids: Collection[int], files: Collection[tuple[int, ...]]) -> Iterator[int]:
        return (pid for pid in sorted(pids) if self.open_files(pid) & frozenset(files))

    def open(self, pid: int) -> int:
        self._world.system_call()
        self._world.refuse(self._world.faults.no_descriptors)
        if (one := self._world.processes.get(pid)) is None:
            raise ProcessLookupError
        return self.pidfd(one)

    def pidfd(self, process: Process) -> int:
        fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.pidfds[fd] = process
        return fd

    def peek(self, pidfd: int) -> Status | None:
        self._world.system_call()
        return self._child(pidfd).ended

    def reap(self, pidfd: int) -> Status | None:
        self._world.system_call()
        process = self._child(pidfd)
        if process.ended is not None:
            self._world.reaped(process)
        return process.ended

    def has_zombie(self) -> bool:
        self._world.system_call()
        return any(not process.alive for process in self._world.children())

    def reap_pid(self, pid: int) -> None:
        self._world.system_call()
        one = self._world.processes.get(pid)
        if one is not None and one.parent == US and not one.alive:
            self._world.reaped(one)

    def send(self, pidfd: int, number: int) -> None:
        self._world.system_call()
        self._world.deliver(self.pidfds[pidfd], number)

    def kill(self, pid: int) -> None:
        self._world.system_call()
        if (one := self._world.processes.get(pid)) is not None:
            self._world.deliver(one, signal.SIGKILL)

    def signal_session(self, leader: int, number: int, orphans: Collection[int]) -> frozenset[int]:
        self._world.system_call()
        for one in [*self._world.processes.values()]:
            if one.session == leader:
                self._world.deliver(one, number)
                self._world.deliver(one, signal.SIGCONT)
        return frozenset()  # all are in the leader's group

    def kill_group(self, leader: int) -> None:
        self._world.system_call()
        self._kill_group(leader)

    def kill_group_of(self, pid: int) -> None:
        self._world.system_call()
        one = self._world.processes.get(pid)
        if one is not None and one.session != US:
            self._kill_group(one.group)

    def _kill_group(self, group: int) -> None:
        for one in [*self._world.processes.values()]:
            if one.group == group:
                self._world.deliver(one, signal.SIGKILL)

    def _child(self, pidfd: int) -> Process:
        process = self.pidfds[pidfd]
        if process.parent != US or self._world.processes.get(process.pid) is not process:
            raise ChildProcessError
        return process


class KeptBy(KeptKernel):
    """What a kernel that is simulated has to know for a `KeptKernel`: mixed into both."""

    pidfds: Mapping[int, Process]
    _world: World

    def ending(self, pidfd: int) -> Status | None:
        self._world.system_call()
        process = self.pidfds[pidfd]
        reaped = self._world.processes.get(process.pid) is not process
        return UNKNOWN if reaped and not self._world.tells_of_reaped else process.ended


def _identities(fd: int) -> Iterator[tuple[int, ...]]:
    """What an open file is known by: itself, and each lock that its description has."""
    status = os.fstat(fd)
    yield status.st_dev, status.st_ino
    if stat.S_ISREG(status.st_mode):
        told = Path(f"/proc/self/fdinfo/{fd}").read_bytes()
        yield from ((status.st_dev, status.st_ino, byte) for byte in procfs.parse_locked_bytes(told))
