"""What stands in a simulated supervisor for what has a process of its own in a real one: the logger, the pid writer.

Knows nothing of lines and of files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial

from tests.simulation.world import World

from udaemon.engines.fd_store import FdStore
from udaemon.logs.handed import HandedPipe
from udaemon.logs.log_target import LogTarget
from udaemon.policy.instance import Instance
from udaemon.supervisor.loop import Loop
from udaemon.supervisor.pidfiles import PidFiles


class Disk(PidFiles):
    """Pid files that exist in name only, and cannot be written while the disk is full."""

    def __init__(self, world: World) -> None:
        super().__init__([], "")
        self._world = world

    def write(self, instance: Instance, pid: int) -> None:
        """Write one."""
        self._world.system_call()
        if self._world.faults.disk_full:
            raise OSError(28, "No space left on device")


class Logger:
    """Takes the read ends of log pipes, as long as there are descriptors for them.

    Args:
        world: Says how long.
        loop: Sees their ends.
        store: Keeps them for the next one.
    """

    def __init__(self, world: World, loop: Loop, store: FdStore) -> None:
        self.pipes: dict[int, HandedPipe] = {}
        self.on_end: Callable[[int], None] = lambda _stream: None
        self._world = world
        self._loop = loop
        self._store = store

    def open(self, number: int, read: int, target: LogTarget) -> None:
        """Take one."""
        self._world.system_call()
        self._world.refuse(self._world.faults.no_descriptors)
        self._take(HandedPipe(number, read, target, (number, number), self._store))

    def inherit(self, pipes: Iterable[HandedPipe]) -> None:
        """Go on with those of another one."""
        for pipe in pipes:
            self._take(pipe)

    def spawned(self, number: int, pid: int) -> None:
        """Hear of a process that writes to one."""
        self._world.system_call()

    def watch(self, number: int, pidfd: int) -> None:
        """Be given a process to end."""
        self._world.system_call()

    def change(self, number: int, target: LogTarget, pid: int | None) -> None:
        """Hear that one goes elsewhere."""
        self._world.system_call()

    def reads(self, opened: tuple[int, int]) -> bool:
        """Whether it has the read end of this pipe."""
        stats = (os.fstat(pipe.fd) for pipe in self.pipes.values())
        return any((one.st_dev, one.st_ino) == opened for one in stats)

    def close(self) -> None:
        """Let go of all."""
        for pipe in self.pipes.values():
            pipe.close()
        self.pipes.clear()

    def _take(self, pipe: HandedPipe) -> None:
        self.pipes[pipe.number] = pipe
        if not pipe.target.path.endswith("common.log"):
            self._loop.watch(pipe.fd, partial(self._on_end, pipe.number))

    def _on_end(self, number: int) -> None:
        self._loop.forget(self.pipes[number].fd)
        self.pipes.pop(number).close()
        self.on_end(number)
