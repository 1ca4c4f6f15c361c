"""Guards the run directory with its lock and socket, and makes it again when somebody removes it.

Knows no daemon. A cleaner of temporary files, or a hand, must not make a supervisor unreachable: nobody could stop it,
and the next `up` would start a second copy of everything.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from udaemon.control import rundir, sockets
from udaemon.engines.base import WritableReactor
from udaemon.errors import UdaemonError
from udaemon.logs.watch import GONE, Watch

_AGAIN = 1.0
"""Seconds to the next try while the directory cannot be made, or an `up` is at it."""
_UNWATCHED = 10.0
"""Seconds to the next look while the user or this process has no watches left."""


class RundirGuard:
    """One run directory, held by its lock.

    Args:
        path: The run directory, made and checked.
        lock: An fd that holds its lock.
        listener: The control socket, where another supervisor has bound it already.

    Raises:
        UdaemonError: The directory is not safe.
        OSError: The socket cannot be bound, or the pid file not written.
    """

    def __init__(self, path: str, lock: int, listener: socket.socket | None = None) -> None:
        self._path = path
        self.lock = lock
        self._watch: Watch | None = None
        self._troubled = False
        self.deadline: float | None = None
        self.fd = rundir.open_directory(path)
        self.listener = self._take_place(listener)

    def keep(
        self,
        reactor: WritableReactor,
        *,
        on_moved: Callable[[socket.socket], None],
        on_trouble: Callable[[str], None],
        on_taken: Callable[[], None],
    ) -> None:
        """Watch it from now on.

        Args:
            reactor: The loop.
            on_moved: Called with the new socket, after all was made again.
            on_trouble: Called with the reason why it could not be; add this to the loop, and it is tried again.
            on_taken: Called when another supervisor was quicker.
        """
        self._reactor = reactor
        self._on_moved, self._on_trouble, self._on_taken = on_moved, on_trouble, on_taken
        self._begin_to_watch()

    def rest(self, reactor: WritableReactor) -> None:
        """Stop watching it; `close` follows, and then does not wait (`Watch.rest`)."""
        if self._watch is not None:
            reactor.forget(self._watch.fileno())
            self._watch.rest()

    def close(self, reactor: WritableReactor) -> None:
        """Stop watching it, and let go of what it was watched by."""
        self.rest(reactor)
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def expire(self, _now: float) -> None:
        """Try again."""
        self.deadline = None
        if self._watch is None:
            self._begin_to_watch()
        self._look()

    def _begin_to_watch(self) -> None:
        try:
            self._watch = Watch([self._path], GONE)
        except OSError:
            self.deadline = time.monotonic() + _UNWATCHED
        else:
            self._reactor.watch(self._watch.fileno(), self._look)

    def _look(self) -> None:
        if self._watch is not None:
            self._watch.clear()
        if self._is_whole():
            return
        try:
            taken = not self._move()
        except (OSError, UdaemonError) as error:
            if not self._troubled:
                self._on_trouble(f"run directory {self._path} is gone and cannot be made again: {error}")
            self._troubled, self.deadline = True, time.monotonic() + _AGAIN
            return
        self._troubled = False
        if taken:
            self._on_taken()
        else:
            if self._watch is not None:
                self._watch.clear()  # it is another directory now
            self._on_moved(self.listener)

    def _is_whole(self) -> bool:
        try:
            socket_now = os.stat(sockets.SOCKET, dir_fd=self.fd, follow_symlinks=False)
        except OSError:
            return False
        return (
            os.path.samestat(socket_now, self._bound)
            and rundir.leads_to(self._path, self.fd)
            and self._is_locked(self.fd)
        )

    def _is_locked(self, fd: int) -> bool:
        """Whether the lock file in this directory is the one that we hold."""
        try:
            return os.path.samestat(os.stat(rundir.LOCK, dir_fd=fd, follow_symlinks=False), os.fstat(self.lock))
        except OSError:
            return False

    def _move(self) -> bool:
        """Make what is missing. False when another has taken the lock."""
        base, name = os.path.split(self._path)
        fd = rundir.make(base, name, within=0.0)
        try:
            lock = self.lock if self._is_locked(fd) else rundir.take_lock(fd)
        except BaseException:
            os.close(fd)
            raise
        if lock is None:
            os.close(fd)  # it is the other's, and so is all that is in it
            return False
        if lock != self.lock:
            os.close(self.lock)
            self.lock = lock
        os.close(self.fd)
        self.fd = fd
        try:
            self.listener = self._take_place()
        finally:
            rundir.release(fd)
        return True

    def _take_place(self, listener: socket.socket | None = None) -> socket.socket:
        try:
            rundir.write_pid(self.fd, os.getpid())
        except OSError:
            if listener is None:
                raise
            # Who comes after another one answers all the same: it is for people.
        listener = listener or sockets.listen(self.fd)
        self._bound = os.stat(sockets.SOCKET, dir_fd=self.fd, follow_symlinks=False)
        return listener
