"""The wait of a supervisor's loop, which lets the time of a `World` pass.

Knows nothing of what is waited for.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import stat
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.kernel import SimulatedKernel
from tests.simulation.world import World


class Waits(selectors.BaseSelector):
    """A selector that waits by letting the world's time pass. Other fds than pidfds are real.

    A pidfd is an open /dev/null here, and so is the inbox, by which the operator is heard. `attend` lets others act
    who are processes of their own.
    """

    def __init__(self, world: World, kernel: SimulatedKernel, inbox: int, attend: Callable[[], None]) -> None:
        self._world = world
        self._kernel = kernel
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._virtual: set[int] = set()
        self._real = select.poll()
        self._attend = attend
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
            world.resumed_at = world.now
        ready = self._ready()
        world.chance.shuffle(ready)
        return [(self._keys[fd], selectors.EVENT_READ) for fd in ready]

    def close(self) -> None:
        self._keys.clear()

    def _ready(self) -> list[int]:
        world = self._world
        self._attend()
        if world.child_ended:  # however many have ended, one signal is pending
            world.child_ended = False
            signal.raise_signal(signal.SIGCHLD)
        polled = {fd for fd, _ in self._real.poll(0)}
        # In the order of registration, as numbers depend on what else this process of ours has open.
        return [fd for fd in self._keys if fd in polled or (fd in self._virtual and self._has_ended(fd))]

    def _has_ended(self, fd: int) -> bool:
        return self.has_mail if fd == self.inbox else not self._kernel.pidfds[fd].alive
