"""sd_notify(3)'s protocol, for programs that speak it: a socket for each process, and what arrives there.

Knows nothing of what follows. A program may send what it likes, and as fast as it can: a message is read up to a few
kilobytes, and one that sends too many is not listened to for a moment; the kernel lets it wait then.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from attrs import define, evolve

from udaemon.engines.base import Reactor
from udaemon.engines.fd_store import NO_STORE, FdStore
from udaemon.manifest.model import Daemon
from udaemon.policy.events import Event, Notified
from udaemon.policy.instance import Key

KEPT_NOTIFY = "notify/"
"""Their names in a store of descriptors, with the instance after it: what comes while nobody reads waits there."""

_LONGEST = 4096
_LONGEST_PATH = 107
"""Bytes of a socket's path, less than 108 with its NUL (unix(7)); the program has to name it, so no detour helps."""
_LONGEST_STATUS = 200
_MOST = 50
"""Messages a second of one process."""


@define(eq=False)
class _Ear:
    """One process's socket."""

    socket: socket.socket
    path: str
    since: float = 0.0
    heard: int = 0
    rests: bool = False


class NotifySockets:
    """The sockets. Add it to the loop for its `deadline`.

    Args:
        reactor: Watches them.
        clock: Monotonic seconds.
        directory: Where they lie.
        happen: Called with what a process has said.
        store: Has copies, or a program would find nobody behind its socket when this process dies.
    """

    def __init__(
        self,
        reactor: Reactor,
        clock: Callable[[], float],
        directory: str,
        happen: Callable[[Key, Event], None],
        store: FdStore = NO_STORE,
    ) -> None:
        self._store = store
        self._reactor = reactor
        self._clock = clock
        self._directory = directory
        self._happen = happen
        self._ears: dict[Key, _Ear] = {}
        self.deadline: float | None = None

    def open(self, key: Key, number: int) -> str:
        """Make a socket for the next process of an instance; what the one before it sent is not heard any more.

        Args:
            key: Which instance.
            number: Of its slot: the path is short so, as a socket's has to be.

        Raises:
            OSError: There is none to be had; ENAMETOOLONG where none ever will.
        """
        self.forget(key)
        path = f"{self._directory}/notify-{number}"
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)
            made.bind(path)
            self._listen(key, made, path)
        except BaseException:
            self._ears.pop(key, None)
            made.close()
            raise
        return path

    def inherit(self, key: Key, fd: int) -> None:
        """Go on with the socket that another supervisor made; the descriptor is this one's from here on.

        Raises:
            OSError: It is no such socket.
        """
        kept = socket.socket(fileno=fd)
        kept.setblocking(False)
        self._listen(key, kept, os.fsdecode(kept.getsockname()))

    def _listen(self, key: Key, made: socket.socket, path: str) -> None:
        self._ears[key] = ear = _Ear(made, path)
        self._reactor.watch(made.fileno(), partial(self._on_readable, key, ear))
        self._store.keep(f"{KEPT_NOTIFY}{key}", made.fileno())

    def forget(self, key: Key) -> None:
        """Close the socket of an instance, if it has one."""
        if (ear := self._ears.pop(key, None)) is not None:
            self._store.drop(f"{KEPT_NOTIFY}{key}")
            self._reactor.forget(ear.socket.fileno())
            ear.socket.close()
            with suppress(OSError):
                os.unlink(ear.path)

    def expire(self, now: float) -> None:
        """Listen again to those that sent too much."""
        self.deadline = None
        for key, ear in self._ears.items():
            if ear.rests:
                ear.rests, ear.heard, ear.since = False, 0, now
                self._reactor.watch(ear.socket.fileno(), partial(self._on_readable, key, ear))

    def close(self) -> None:
        """Close all."""
        for key in tuple(self._ears):
            self.forget(key)

    def _on_readable(self, key: Key, ear: _Ear) -> None:
        try:
            data = ear.socket.recv(_LONGEST)
        except OSError:
            return
        now = self._clock()
        if now - ear.since >= 1.0:
            ear.since, ear.heard = now, 0
        ear.heard += 1
        if ear.heard > _MOST:
            ear.rests = True
            self._reactor.forget(ear.socket.fileno())
            self.deadline = now + 1.0 if self.deadline is None else self.deadline
        said = notified(data)
        if said is not None:
            self._happen(key, said)


def notified(data: bytes) -> Notified | None:
    """What a message says, None for one that says nothing to us."""
    ready = watchdog = False
    status: str | None = None
    for line in data.decode(errors="replace").split("\n"):
        name, _, value = line.partition("=")
        if name == "READY":
            ready = value == "1"
        elif name == "WATCHDOG":
            watchdog = value == "1"
        elif name == "STATUS":
            status = value[:_LONGEST_STATUS]
    return Notified(ready, watchdog, status) if ready or watchdog or status is not None else None


def listens(daemon: Daemon) -> bool:
    """Whether somebody listens to what a daemon's process says of itself."""
    return daemon.ready.notify or daemon.health.notify


def told_of_socket(daemon: Daemon, path: str) -> Daemon:
    """The daemon with what its process has to know in its environment: sd_notify(3), sd_watchdog_enabled(3)."""
    told = {"NOTIFY_SOCKET": path}
    if daemon.health.notify:
        told["WATCHDOG_USEC"] = str(round(daemon.health.period * 1_000_000))
    return evolve(daemon, env={**daemon.env, **told})
