"""A kernel whose processes are what a test says; their pidfds are real descriptors, so that none is left open unseen.

Knows no clock. A process that gets KILL ends, unless it is said to hang.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Iterator

from attrs import define, field

from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel
from udaemon.system.process_tree import Relative

OURS = 1
"""Our own session."""


@define
class FakeProcess:
    """A child of ours: its session, when it was started, which files it has open, and how it ended if it has."""

    session: int
    started: int = 0
    files: frozenset[tuple[int, ...]] = frozenset()
    ended: Status | None = None
    hangs: bool = False
    children: list[tuple[int, FakeProcess]] = field(factory=list)


class FakeReactor:
    """Keeps callbacks; the kernel of the same test calls them."""

    def __init__(self) -> None:
        self.callbacks: dict[int, Callable[[], None]] = {}
        self.fails: OSError | None = None

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        if self.fails is not None:
            raise self.fails
        self.callbacks[fd] = callback

    def forget(self, fd: int) -> None:
        self.callbacks.pop(fd, None)


class FakeKernel(Kernel):
    """`signals` are what was sent, as pid and number; to a group or a session as its leader with `-` before it."""

    def __init__(self, reactor: FakeReactor) -> None:
        self.reactor = reactor
        self.processes: dict[int, FakeProcess] = {}
        self.signals: list[tuple[int, ...]] = []
        self.reaped: list[int] = []
        self.no_descriptors = False
        self.no_memory = False
        self._pidfds: dict[int, int] = {}

    def fork(self, pid: int, session: int | None = None, **options: object) -> int:
        """Let there be a child of ours. Returns a pidfd of it."""
        self.processes[pid] = FakeProcess(pid if session is None else session, **options)  # type: ignore[arg-type]
        return self.open(pid)

    def end(self, pid: int, code: int | None = None, *, signal: int | None = None) -> None:
        """Let one end; its children are ours from then on. Whoever watches it is called in the next turn."""
        process = self.processes[pid]
        process.ended = Status(code=0 if code is None and signal is None else code, signal=signal, core=False)
        self.processes |= dict(process.children)

    def turn(self) -> None:
        """Call whoever watches one that has ended, until nobody does."""
        while ready := [fd for fd in self.reactor.callbacks if self._has_ended(fd)]:
            for fd in ready:
                self.reactor.callbacks[fd]()

    def named(self, pidfd: int) -> int:
        """The pid that a pidfd names."""
        return self._pidfds[pidfd]

    def children(self) -> frozenset[int]:
        if self.no_memory:
            raise OSError
        return frozenset(self.processes)

    def look_at(self, pid: int) -> Relative | None:
        one = self.processes.get(pid)
        return None if one is None else Relative(pid, one.session, one.ended is not None, one.started)

    def open_files(self, pid: int) -> frozenset[tuple[int, ...]]:
        return self.processes[pid].files

    def session(self) -> int:
        return OURS

    def holders(self, pids: Collection[int], files: Collection[tuple[int, ...]]) -> Iterator[int]:
        held = [pid for pid in sorted(pids) if self.processes[pid].files & frozenset(files)]
        return iter([pid for pid in held if self.processes[pid].ended is None])

    def open(self, pid: int) -> int:
        if self.no_descriptors or pid not in self.processes:
            raise OSError
        fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._pidfds[fd] = pid
        return fd

    def peek(self, pidfd: int) -> Status | None:
        return self.processes[self._pidfds[pidfd]].ended

    def reap(self, pidfd: int) -> Status | None:
        pid = self._pidfds[pidfd]
        if (status := self.processes[pid].ended) is not None:
            del self.processes[pid]
            self.reaped.append(pid)
        return status

    def send(self, pidfd: int, number: int) -> None:
        self._deliver(self._pidfds[pidfd], number)

    def signal(self, pidfd: int, number: int) -> None:
        self.send(pidfd, number)

    def kill(self, pid: int) -> None:
        self._deliver(pid, signal.SIGKILL)

    def signal_session(self, leader: int, number: int, orphans: Collection[int]) -> frozenset[int]:
        self.signals.append((-leader, number))
        one = self.processes[leader]
        return frozenset() if one.session == leader else frozenset(pid for pid, _ in one.children)

    def kill_group(self, leader: int) -> None:
        self.signals.append((-leader, signal.SIGKILL))

    def kill_group_of(self, pid: int) -> None:
        if self.processes[pid].session != OURS:
            self.signals.append((-self.processes[pid].session, signal.SIGKILL))

    def _has_ended(self, pidfd: int) -> bool:
        process = self.processes.get(self._pidfds[pidfd])
        return process is not None and process.ended is not None

    def _deliver(self, pid: int, number: int) -> None:
        self.signals.append((pid, number))
        process = self.processes.get(pid)
        if number == signal.SIGKILL and process is not None and process.ended is None and not process.hangs:
            self.end(pid, signal=number)
