"""A keeper as a supervisor sees it: it keeps what it is given, reaps what it is told to, and hands it all to the next.

Knows nothing of what is kept. The socket, the messages and the supervisor's side of it are the real ones.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from tests.simulation.processes import KEEPER
from tests.simulation.world import World

from udaemon.logs.wire import Unpacker, pack
from udaemon.service.keeper_link import KeeperLink, Kept, Legacy
from udaemon.service.keeper_wire import Store, receive


class Link(KeeperLink):
    """A supervisor's side, in the one process that there is here."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.pid = KEEPER
        self.has_sent = False

    def flush(self) -> None:
        """Send what waits."""
        self.has_sent = self.has_sent or bool(self._queue)
        super().flush()

    def leave(self) -> None:
        """Nobody is there to answer that it ends."""
        self.close()


class SimulatedKeeper:
    """Keeps one supervisor going.

    Args:
        world: Has the processes that are its children.
    """

    def __init__(self, world: World) -> None:
        self.store: Store = {}
        self._world = world
        self._socket: socket.socket | None = None
        self._link: Link | None = None

    def connect(self) -> Link:
        """The link of another supervisor."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._world.keepers_child_ended = True  # the supervisor before was one, too
        self._link = Link(theirs)
        return self._link

    def attend(self) -> None:
        """Do what the supervisor has said, and tell it when a child has ended."""
        if self._link is not None and self._link.has_sent:
            self._link.has_sent = False
            while self._hear():
                pass
        if self._world.keepers_child_ended and self._socket is not None:
            self._world.keepers_child_ended = False
            self._socket.send(pack("child"), socket.MSG_DONTWAIT)

    def supervisor_died(self) -> None:
        """What it had sent before is heard yet."""
        while self._hear():
            pass
        assert self._socket is not None
        self._socket.close()
        self._socket = self._link = None

    def legacy(self) -> Legacy:
        """What the next supervisor gets."""
        kept = {name: Kept(facts, os.dup(fd)) for name, (facts, fd) in self.store.items()}
        return Legacy(kept, "was killed by signal 9", (1024, 1024))

    def close(self) -> None:
        """Let go of everything."""
        for _, fd in self.store.values():
            os.close(fd)
        self.store.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = self._link = None

    def descriptors(self) -> set[int]:
        """Those that it has open."""
        return {fd for _, fd in self.store.values()} | ({self._socket.fileno()} if self._socket is not None else set())

    def _hear(self) -> bool:
        """Do what one message says. Returns whether there was one."""
        data, fds = b"", list[int]()
        if self._socket is not None:
            with suppress(BlockingIOError, ConnectionError):
                data, fds = receive(self._socket)
        ahead = iter(fds)
        for kind, *fields in Unpacker().feed(data):
            if kind == "keep":
                self._drop(fields[0])
                self.store[fields[0]] = (tuple(fields[1:]), next(ahead))
            elif kind == "drop":
                self._drop(fields[0])
            elif kind == "reap":
                self._reap(int(fields[0]))
        return bool(data)

    def _reap(self, pid: int) -> None:
        one = self._world.processes.get(pid)
        if one is not None and one.parent == KEEPER and not one.alive:
            self._world.reaped(one)

    def _drop(self, name: str) -> None:
        if (kept := self.store.pop(name, None)) is not None:
            os.close(kept[1])
