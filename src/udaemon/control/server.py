"""The control server: accepts clients on the run directory's socket and hands their requests to the verbs' handlers.

Knows no daemon and no verb. It runs in the supervisor's loop, never waits for a client, and drops one rather
than without the others.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count

from udaemon.control import messages
from udaemon.control.connection import Connection, Limits, refuse
from udaemon.control.handlers import HANDLERS, Handler
from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.engines.base import WritableReactor
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.wording import near
from udaemon.system.fd_reserve import FdReserve

_ACCEPTED_A_TURN = 32
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE = 1.0
"""Seconds without accepting when the system has no fd left and nobody can be sent away."""


class ControlServer:
    """Serves a host on a listening socket; add it to the loop for its `deadline`.

    Args:
        host: What the verbs are about.
        reactor: The supervisor's loop.
        listener: A bound, listening socket that does not block (`sockets.listen`); it is closed by `close`.
        claim: A second one, which no path leads to (`claim.take`); likewise.
        bug: Called inside the handler of an exception that is a bug, with what it belongs to.
        limits: What a client may take.
        clock: Monotonic seconds.
        handlers: The verbs.
    """

    def __init__(
        self,
        host: Host,
        reactor: WritableReactor,
        listener: socket.socket,
        *,
        bug: Callable[[str], None],
        claim: socket.socket | None = None,
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
        clock: Callable[[], float] = time.monotonic,
        handlers: Mapping[str, Handler] = HANDLERS,
    ) -> None:
        self._host = host
        self._reactor = reactor
        self._listener = listener
        self._bug = bug
        self._limits = limits
        self._clock = clock
        self._handlers = handlers
        self._connections: list[Connection] = []
        self._timers: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = count()
        self._reserve = FdReserve()
        self._resume_at: float | None = None
        self._claim = claim
        self._watch()

    @property
    def deadline(self) -> float | None:
        """Monotonic time at which `expire` wants to be called; None for never."""
        moments = [at for connection in self._connections if (at := connection.deadline) is not None]
        moments += [at for at, _ in self._timers.values()]
        if self._resume_at is not None:
            moments.append(self._resume_at)
        return min(moments, default=None)

    def expire(self, now: float) -> None:
        """Close clients whose time is over, call timers, accept again."""
        for connection in list(self._connections):
            deadline = connection.deadline
            if deadline is not None and deadline <= now:
                connection.close()
        for number, (at, callback) in list(self._timers.items()):
            if at <= now and self._timers.pop(number, None) is not None:
                callback()
        if self._resume_at is not None and self._resume_at <= now:
            self._resume()

    def listen_on(self, listener: socket.socket) -> None:
        """Take clients from this socket, in place of one that no path leads to any more."""
        self._forget()
        self._listener.close()
        self._listener, self._resume_at = listener, self._clock()
        self._resume()

    def close(self, farewell: object = None) -> None:
        """Stop serving. A client that waits for the end of this process goes on waiting for it.

        Args:
            farewell: What such a client is sent first.
        """
        if self._listener.fileno() == -1:
            return
        self._forget()
        for listener in self._listeners():
            listener.close()
        for connection in list(self._connections):
            if connection.lingers:
                connection.leave_open(b"" if farewell is None else messages.answer(farewell))
            else:
                connection.flush()  # there is no end of this turn
                connection.close()
        self._connections.clear()
        self._timers.clear()
        self._reserve.close()

    def give_way(self) -> None:
        """Have every client that waits ask the supervisor that takes over."""
        for connection in [one for one in self._connections if one.waits]:
            connection.send_away(messages.SupervisorReplaced())

    def _listeners(self) -> list[socket.socket]:
        return [self._listener] if self._claim is None else [self._listener, self._claim]

    def _watch(self) -> None:
        for listener in self._listeners():
            self._reactor.watch(listener.fileno(), partial(self._on_client, listener))

    def _forget(self) -> None:
        """Accept no client until `_watch`; where that is so already there is nothing to do."""
        if self._resume_at is None:
            for listener in self._listeners():
                self._reactor.forget(listener.fileno())

    def _on_client(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTED_A_TURN):
            try:
                accepted = _accept(listener)
            except BlockingIOError:
                return
            except MemoryError:
                self._pause()
                return
            except OSError as error:
                if error.errno in _SCARCE:
                    self._make_room()
                    return
                continue  # the client has gone already (accept(2))
            self._admit(accepted)

    def _admit(self, accepted: socket.socket) -> None:
        if _peer(accepted) not in {os.geteuid(), 0}:
            refuse(accepted, "only the owner of this project and root may ask")
            return
        if len(self._connections) >= self._limits.clients and not (self._drop_idlest() or self._drop_slowest()):
            refuse(accepted, f"{self._limits.clients} clients are being served already")
            return
        try:
            connection = Connection(
                accepted,
                self._reactor,
                self._limits,
                clock=self._clock,
                on_request=self._on_request,
                on_closed=self._on_closed,
                after=self._after,
                bug=self._bug,
            )
            self._connections.append(connection)
        except BaseException:  # memory is short: nothing is left of this client, and the next one is tried later
            self._reactor.forget(accepted.fileno())
            accepted.close()
            raise
        connection.on_readable()  # what it came to ask is mostly there already

    def _on_request(self, request: Request) -> None:
        request.guard(lambda: self._handler(request.verb)(self._host, request))
        if not request.over and not request.lingers:
            self._keep_places(request)

    def _keep_places(self, request: Request) -> None:
        """Keep places for short requests and for `down`, whoever waits: the slowest follower is closed.

        A client that waits for what it asked for counts more than one that only follows.
        """
        waiting = sum(connection.waits for connection in self._connections)
        if waiting <= self._limits.clients - self._limits.kept or self._drop_slowest(request):
            return
        message = f"{waiting - 1} clients are waiting already"
        request.fail(UdaemonError(message, None if request.streams else "what was asked for is done all the same"))

    def _handler(self, verb: str) -> Handler:
        try:
            return self._handlers[verb]
        except KeyError:
            meant = near(verb, self._handlers)
            hint = f"did you mean {meant!r}?" if meant else None
            raise UdaemonError(f"the supervisor knows no verb {verb[:40]!r}", hint, ExitCode.USAGE) from None

    def _on_closed(self, connection: Connection) -> None:
        self._connections.remove(connection)
        self._reserve.refill()
        self._resume()

    def _after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        self._timers[number] = (self._clock() + seconds, callback)
        return lambda: self._timers.pop(number, None) and None

    def _drop_idlest(self) -> bool:
        """Close the client that has been idle the longest. False when all are being served."""
        idle = [connection for connection in self._connections if connection.idle]
        if not idle:
            return False
        min(idle, key=lambda connection: connection.idle_since).close()
        return True

    def _drop_slowest(self, wanted: Request | None = None) -> bool:
        """Close the follower that has left the most unread. False when all have read everything.

        Args:
            wanted: The request that needs the place. Where that does more than follow, a follower goes in any case.
        """
        followers = [connection for connection in self._connections if connection.follows(besides=wanted)]
        if not followers:
            return False
        slowest = max(followers, key=lambda connection: (connection.unread, -connection.idle_since))
        if not slowest.unread and (wanted is None or wanted.streams):
            return False
        slowest.send_away(UdaemonError("too many clients, and this one was the slowest to read"))
        return True

    def _make_room(self) -> None:
        """No fd is left: give up that in reserve for the next client, or a client, or stop accepting for a while."""
        if not self._reserve.spend() and not self._drop_idlest():
            self._pause()

    def _pause(self) -> None:
        """Accept nobody for a while; whoever connects waits in the queue."""
        self._forget()
        self._resume_at = self._clock() + _PAUSE

    def _resume(self) -> None:
        if self._resume_at is not None:
            self._resume_at = self._clock() + _PAUSE  # it stays so if this fails
            self._watch()
            self._resume_at = None


def _accept(listener: socket.socket) -> socket.socket:
    """Take the next client. Unlike `socket.accept`, it loses no fd where there is no memory for the object."""
    fd, _address = listener._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - the system call below it
    try:
        return socket.socket(fileno=fd)
    except BaseException:
        os.close(fd)
        raise


def _peer(connection: socket.socket) -> int:
    """Uid of the process that connected, as the kernel knows it (unix(7) SO_PEERCRED; on BSD LOCAL_PEERCRED)."""
    if hasattr(socket, "SO_PEERCRED"):
        _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    else:
        _version, uid = struct.unpack_from("2I", connection.getsockopt(0, 1, 76))
    return int(uid)
