"""What udaemon asks of the kernel, answered by a `World`: processes, exec, and the wait for descriptors.

Decides nothing by itself: chances are the world's, and what a program does once it runs is `programs.py`'s.
"""

from __future__ import annotations

import errno
import os
import pickle
import select
import selectors
import signal
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.simulation.world import US, Process, World

from udaemon.engines.commands import Command, ExecFailed, Started
from udaemon.policy.events import Trouble
from udaemon.policy.instance import Key
from udaemon.system import procfs
from udaemon.system.exit_status import Status
from udaemon.system.kernel import Kernel
from udaemon.system.process_tree import Relative

_MARKS = ("UDAEMON_PROJECT", "UDAEMON_NAME", "UDAEMON_INSTANCE")


class SimulatedKernel(Kernel):
    """Implements `Kernel`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pidfds: dict[int, Process] = {}

    def now(self) -> float:
        return self._world.now

    def ticks(self) -> int:
        return int(self._world.now * 100)

    def children(self) -> frozenset[int]:
        self._world.system_call()
        self._world.refuse(self._world.faults.no_memory, errno.ENOMEM)
        return frozenset(process.pid for process in self._world.children())

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


class SimulatedLauncher:
    """Executes commands as processes of the world.

    Args:
        live: Called with a process whose program begins, and its socket for reports, if any.
    """

    def __init__(self, world: World, kernel: SimulatedKernel, live: Callable[[Process, int | None], None]) -> None:
        self._world = world
        self._kernel = kernel
        self._live = live

    def start(self, command: Command) -> Started:
        world, chance = self._world, self._world.chance
        world.system_call()
        if world.hit(world.faults.fork_refused):
            raise ExecFailed("fork: Resource temporarily unavailable (EAGAIN)", Trouble.RESOURCE)
        key, marks, report = _read(command)
        keep = [command.output, *(fd for fd in command.keep if fd != report)]
        process = world.fork(US, fds=keep, key=key, leader=True, marks=marks)
        if report is not None:
            report = os.dup(report)
            process.fds.append(report)
        process.on_signal = lambda number: world.end(process, Status(None, number, core=False))
        if world.hit(world.faults.no_descriptors):
            world.deliver(process, signal.SIGKILL)
            raise ExecFailed("pidfd: Too many open files (EMFILE)", Trouble.RESOURCE)
        refused = _refusal(world)
        if world.hit(0.5):  # as `Popen` does it: back when the program runs
            if refused is not None:
                world.end(process, Status(127, None, core=False))
                world.reaped(process)
                raise ExecFailed(refused[1], refused[0])
            self._runs(process, report)
            return Started(process.pid, self._kernel.pidfd(process), None)
        read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        process.fds.append(write)
        takes = chance.choice((0.0, 0.001, 0.1, 3.0, 9.0))
        if takes > 1.0 and world.hit(0.3):
            process.unkillable_until = world.now + takes + chance.uniform(0.0, 20.0)
        world.at(takes, lambda: self._executed(process, report, write, refused))
        return Started(process.pid, self._kernel.pidfd(process), read)

    def limit_raised(self, nofile: tuple[int, int]) -> None:
        """There is no limit here."""

    def close(self) -> None:
        """There is nothing to close."""

    def _executed(self, process: Process, report: int | None, write: int, refused: tuple[Trouble, str] | None) -> None:
        if not process.acts:
            return
        if refused is not None:
            with suppress(BrokenPipeError):  # nobody listens any more
                os.write(write, f"+{refused[0].value} {refused[1]}".encode())
            self._world.end(process, Status(127, None, core=False))
            return
        process.fds.remove(write)
        os.close(write)
        self._runs(process, report)

    def _runs(self, process: Process, report: int | None) -> None:
        process.executed = True
        self._world.say("exec", process.pid)
        self._live(process, report)


def _identities(fd: int) -> Iterator[tuple[int, ...]]:
    """What an open file is known by: itself, and each lock that its description has."""
    status = os.fstat(fd)
    yield status.st_dev, status.st_ino
    if stat.S_ISREG(status.st_mode):
        told = Path(f"/proc/self/fdinfo/{fd}").read_bytes()
        yield from ((status.st_dev, status.st_ino, byte) for byte in procfs.parse_locked_bytes(told))


def _refusal(world: World) -> tuple[Trouble, str] | None:
    if world.hit(0.02):
        return Trouble.CONFIG, "exec db: No such file or directory (ENOENT)"
    return (Trouble.RESOURCE, "exec db: Text file busy (ETXTBSY)") if world.hit(0.04) else None


def _read(command: Command) -> tuple[Key, dict[bytes, bytes], int | None]:
    """Whose process a command is, the marks in its environment, and its socket for reports."""
    if command.argv[-1].isdigit():  # an interpreter of its own for a task, with a memory file that says what it is
        with open(int(command.argv[-1]), "rb", closefd=False) as order:
            spec, fds = pickle.load(order)
        return Key(spec.name, spec.index), {}, fds.events
    marks = {name.encode(): command.env[name].encode() for name in _MARKS}
    return Key(command.env[_MARKS[1]], int(command.env[_MARKS[2]])), marks, None


class Waits(selectors.BaseSelector):
    """A selector that waits by letting the world's time pass. Other fds than pidfds are real.

    A pidfd is an open /dev/null here, and so is the inbox, by which the operator is heard.
    """

    def __init__(self, world: World, kernel: SimulatedKernel, inbox: int) -> None:
        self._world = world
        self._kernel = kernel
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._virtual: set[int] = set()
        self._real = select.poll()
        self.inbox = inbox
        self.has_mail = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, fileobj, events, data)
        self._keys[fileobj] = key
        if stat.S_ISCHR(os.fstat(fileobj).st_mode):
            self._virtual.add(fileobj)
        else:
            self._real.register(fileobj, select.POLLIN)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        if fileobj in self._virtual:
            self._virtual.remove(fileobj)
        else:
            self._real.unregister(fileobj)
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        world = self._world
        until = None if timeout is None else world.now + timeout
        world.system_call()
        while not (ready := self._ready()):
            moments = [at for at in (until, world.next_at()) if at is not None]
            if not moments:
                raise RuntimeError("waits for nothing, for ever")
            if until is not None and min(moments) == until:
                world.advance(until)
                break
            world.advance(min(moments))
        if world.hit(world.faults.pause):  # stopped, or no processor to be had
            pause = world.chance.choice((0.01, 0.5, 5.0, 60.0))
            world.late += pause
            world.advance(world.now + pause)
        ready = self._ready()
        world.chance.shuffle(ready)
        return [(self._keys[fd], selectors.EVENT_READ) for fd in ready]

    def close(self) -> None:
        self._keys.clear()

    def _ready(self) -> list[int]:
        world = self._world
        if world.child_ended:  # however many have ended, one signal is pending
            world.child_ended = False
            signal.raise_signal(signal.SIGCHLD)
        polled = {fd for fd, _ in self._real.poll(0)}
        # In the order of registration, as numbers depend on what else this process of ours has open.
        return [fd for fd in self._keys if fd in polled or (fd in self._virtual and self._has_ended(fd))]

    def _has_ended(self, fd: int) -> bool:
        return self.has_mail if fd == self.inbox else not self._kernel.pidfds[fd].alive
