"""The supervisor's side of the keeper: what it is given to keep, what it is asked to reap, and that it is gone.

Knows nothing of what is kept. Never waits: what the keeper does not take now it gets later.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from udaemon.engines.base import WritableReactor
from udaemon.engines.fd_store import FdStore
from udaemon.logs.wire import LONGEST, Unpacker, WireError, pack
from udaemon.service.keeper_wire import batches, receive

_LEAVES_WITHIN = 1.0
"""Seconds for the keeper to end; it needs a few milliseconds."""


class Kept(NamedTuple):
    """One descriptor out of the store, and what was said about it."""

    facts: tuple[str, ...]
    fd: int


class Legacy(NamedTuple):
    """What a dead supervisor leaves to the next one: the store, how it died, and the file limit that it began with."""

    store: dict[str, Kept]
    why: str
    nofile: tuple[int, int]


class Shown(NamedTuple):
    """What a supervisor that lives is asked to be replaced with: a part of the store, and the version of its form."""

    store: dict[str, Kept]
    version: int


Rehearsal = Callable[[Mapping[str, Kept], int], tuple[str, str]]
"""Says whether what is shown can be taken over: `able` and facts, or `unable` and why not."""


class KeeperLink(FdStore):
    """The supervisor's end.

    Args:
        connection: Our end of the socket.
        on_child: Called when a child of the keeper has changed.
        on_gone: Called once, when the keeper has gone.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self.pid: int | None = os.getppid()
        self._reactor: WritableReactor | None = None
        self._queue: list[tuple[bytes, int | None]] = []
        self._on_child: Callable[[], None] = lambda: None
        self._on_gone: Callable[[], None] = lambda: None
        self.on_answer: Callable[[str, str], None] = lambda _kind, _text: None
        """Called with what is said of one that is to take over: `able`, `unable` or `renewed`, and a text."""

    def attend(self, reactor: WritableReactor, *, on_child: Callable[[], None], on_gone: Callable[[], None]) -> None:
        """Hear it from now on.

        Args:
            reactor: The loop.
            on_child: Called when a child of the keeper may have ended.
            on_gone: Called once, when the keeper has gone.
        """
        self._reactor, self._on_child, self._on_gone = reactor, on_child, on_gone
        reactor.watch(self._socket.fileno(), self._hear)
        self.flush()

    def keep(self, name: str, fd: int, *facts: str) -> None:
        """Have it keep a copy; it is on its way with the next `flush`."""
        if self.pid is not None:
            self._queue.append((pack("keep", name, *facts), os.dup(fd)))

    def drop(self, name: str) -> None:
        """Have it let go."""
        if self.pid is not None:
            self._queue.append((pack("drop", name), None))

    def reap(self, pid: int) -> None:
        """Have it reap a child of its own, if that has ended."""
        self._say("reap", str(pid))

    def ready(self) -> None:
        """Tell it that this supervisor stands: from now on it is replaced when it dies."""
        self._say("ready")

    def start_next(self, *names: str) -> None:
        """Have another supervisor stand by, and be shown what is kept under names that begin so."""
        self._say("next", *names)

    def dismiss(self) -> None:
        """None is to stand by any more."""
        self._say("dismiss")

    def renew(self) -> None:
        """Have the keeper become the code that is installed now."""
        self._say("renew")

    def give_way(self, why: str) -> None:
        """Have the one that stands by take over. It ends this process: nothing that comes after it may matter."""
        if self.pid is not None:
            self._queue.append((pack("yield", why), None))
            self._socket.setblocking(True)
            self.flush()
            self._socket.setblocking(False)

    def flush(self) -> None:
        """Send all that waits, as far as it is taken."""
        try:
            for data, fds in batches(tuple(self._queue)):
                socket.send_fds(self._socket, [data], fds)
                self._sent(len(data))
        except BlockingIOError:
            self._wait(wanted=True)
        except OSError:  # it has gone, which its end tells, or there are too many descriptors under way
            self._wait(wanted=self.pid is not None)
        else:
            self._wait(wanted=False)

    def leave(self) -> None:
        """Have it end, with all that it keeps, also where somebody has stopped it (STOP); waits a moment for that."""
        if self.pid is not None:
            with suppress(OSError):
                if os.getppid() == self.pid:
                    os.kill(self.pid, signal.SIGCONT)
                self._socket.settimeout(_LEAVES_WITHIN)
                self._socket.send(pack("leave"))
                while self._socket.recv(LONGEST):
                    pass
        self.close()

    def close(self) -> None:
        """Hear no more of it."""
        if self._socket.fileno() == -1:
            return
        if self._reactor is not None:
            self._reactor.forget(self._socket.fileno())
        self._socket.close()
        self.pid = None
        self._sent(None)

    def _say(self, *fields: str) -> None:
        if self.pid is not None:
            self._queue.append((pack(*fields), None))
            self.flush()

    def _sent(self, size: int | None) -> None:
        """Forget so many bytes of what waited, None for all of it."""
        count = len(self._queue)
        if size is not None:
            count = 0
            while size > 0:
                size -= len(self._queue[count][0])
                count += 1
        for _, fd in self._queue[:count]:
            if fd is not None:
                os.close(fd)
        del self._queue[:count]

    def _wait(self, *, wanted: bool) -> None:
        if self._reactor is not None and wanted:
            self._reactor.watch_writable(self._socket.fileno(), self.flush)
        elif self._reactor is not None and self.pid is not None:
            self._reactor.forget_writable(self._socket.fileno())

    def _hear(self) -> None:
        try:
            data = self._socket.recv(LONGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        for kind, *fields in Unpacker().feed(data):
            if kind == "child":
                self._on_child()
            else:
                self.on_answer(kind, *fields, *([""] * (not fields)))
        if data:
            return
        self.close()
        self._on_gone()


def inherit(connection: socket.socket, rehearse: Rehearsal) -> Legacy:
    """All that the keeper has kept of the supervisor before this one; it is on its way, and waited for.

    Args:
        connection: Our end of the socket.
        rehearse: Whether we can take over is asked before, where that supervisor lives.

    Raises:
        EOFError: The keeper has gone.
    """
    connection.send(pack("loaded"))
    while True:
        left = _shown(connection)
        if isinstance(left, Legacy):
            return left
        connection.send(pack(*rehearse(left.store, left.version)))
        for kept in left.store.values():
            os.close(kept.fd)


def _shown(connection: socket.socket) -> Legacy | Shown:
    store: dict[str, Kept] = {}
    while True:
        data, fds = receive(connection)
        if not data:
            raise EOFError
        ahead = iter(fds)
        with suppress(WireError):
            for kind, *fields in Unpacker().feed(data):
                if kind == "keep" and (fd := next(ahead, None)) is not None:
                    store[fields[0]] = Kept(tuple(fields[1:]), fd)
                elif kind == "died":
                    nofile = (int(fields[1]), int(fields[2]))
                    moved = {name: kept._replace(fd=_moved(kept.fd, nofile[0])) for name, kept in store.items()}
                    return Legacy(moved, fields[0], nofile)
                elif kind == "rehearse":
                    return Shown(store, int(fields[0]))


def _moved(fd: int, limit: int) -> int:
    """The same under a number that no daemon may have: those below are needed for what is forked with its limit."""
    with suppress(OSError, ValueError):
        copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, limit)
        os.close(fd)
        return copy
    return fd
