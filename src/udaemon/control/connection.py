"""One client of the control socket: what it sent, what it still has to read, and how long it may take.

Knows no verb: it takes frames in, hands requests on, sends frames out. Nothing that a client does or leaves undone
makes it wait, and all that is kept for one is bounded.
"""

from __future__ import annotations

import fcntl
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from udaemon.control import messages
from udaemon.control.protocol import MAX_REQUEST
from udaemon.control.request import Request
from udaemon.engines.base import WritableReactor
from udaemon.errors import UdaemonError
from udaemon.frames import FrameBuffer, FrameError

_MOST_HELD = 64 * 1024
"""Bytes of answers that wait for the end of a turn."""


class Limits(NamedTuple):
    """What a client may take. Seconds and bytes."""

    clients: int = 256
    kept: int = 32
    """Places of these that nobody holds who waits or follows: for short questions, and for `down`."""
    idle: float = 5.0
    """To send a whole request, from the connect or the last answer on."""
    stalled: float = 10.0
    """Without reading anything of an answer."""
    queued: int = 4
    """Requests sent before the first one was answered."""
    unread: int = 1024 * 1024
    """Of a stream that its client does not read."""


class Connection:
    """A client, from accept to close.

    Args:
        on_request: Called with each request; it is asked for the next one when this is over and its answer is sent.
        on_closed: Called once.
        after: Calls back after so many seconds; with 0, at the end of the present turn of the loop.
    """

    def __init__(
        self,
        connection: socket.socket,
        reactor: WritableReactor,
        limits: Limits,
        *,
        clock: Callable[[], float],
        on_request: Callable[[Request], None],
        on_closed: Callable[[Connection], None],
        after: Callable[[float, Callable[[], None]], Callable[[], None]],
        bug: Callable[[str], None],
    ) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._fd = connection.fileno()
        self._reactor = reactor
        self._limits = limits
        self._clock = clock
        self._on_request = on_request
        self._on_closed = on_closed
        self.after = after
        self.bug = bug
        self._incoming = FrameBuffer(MAX_REQUEST)
        self._waiting: deque[bytes] = deque()
        self._outgoing = bytearray()
        self._request: Request | None = None
        self._since = clock()
        self._last = False
        self._handing_on = False
        self.closed = False
        reactor.watch(self._fd, self.on_readable)

    @property
    def deadline(self) -> float | None:
        """When this client times out; None while it waits for us."""
        if self._outgoing:
            slow = self._request is not None and self._request.streams
            return None if slow else self._since + self._limits.stalled
        return self._since + self._limits.idle if self.idle else None

    @property
    def idle(self) -> bool:
        """Whether it has nothing to wait for."""
        return self._request is None and not self._outgoing

    @property
    def idle_since(self) -> float:
        """When it became idle."""
        return self._since

    @property
    def lingers(self) -> bool:
        """Whether it waits for the end of this process."""
        return self._request is not None and self._request.lingers

    @property
    def waits(self) -> bool:
        """Whether it has a place for as long as its answer takes."""
        return self._request is not None and not self._request.over and not self._request.lingers

    def follows(self, besides: Request | None = None) -> bool:
        """Whether it waits for nothing but what happens, by another request than `besides`."""
        request = self._request
        return self.waits and request is not None and request.streams and request is not besides

    @property
    def unread(self) -> int:
        """Bytes that it was sent and has not read, also where the kernel has them (unix(7) SIOCOUTQ)."""
        import termios  # asked only where there is no room for another client

        try:
            held = fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            held = b""
        return len(self._outgoing) + int.from_bytes(held, sys.byteorder)

    def send_away(self, why: UdaemonError) -> None:
        """Close it, after an error message if that does not block."""
        self.flush()
        if not self._outgoing:
            with suppress(OSError):
                self._socket.send(messages.failure(why))
        self.close()

    def on_readable(self) -> None:
        """Read what came; one read a turn, so that no client starves the others."""
        try:
            data = self._socket.recv(MAX_REQUEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        if self._last:
            return  # it talks on while we hang up
        try:
            self._waiting.extend(self._incoming.feed(data))
            if len(self._waiting) > self._limits.queued:
                raise FrameError("too many requests at once")
        except FrameError as error:
            self._give_up(error)
            return
        self._next()

    def send(self, frame: bytes, *, last: bool) -> None:
        """Answer the present request. All but the last answer wait for the end of the turn: they may be a thousand."""
        if last:
            self._put(frame)
            self._next()
            return
        if not self._outgoing:
            self.after(0.0, self._flush_held)
        self._add(frame)
        if len(self._outgoing) > _MOST_HELD:
            self.flush()

    def expire(self) -> None:
        """Close it: its time is over."""
        self.close()

    def close(self) -> None:
        """Close it; what it asked for goes on without it."""
        if self.closed:
            return
        self.closed = True
        try:
            if self._request is not None:
                self._request.end()
        finally:  # whatever else fails, the place and the fd are free again
            self._reactor.forget(self._fd)
            self._socket.close()
            self._on_closed(self)

    def leave_open(self, farewell: bytes) -> None:
        """Leave the socket to the end of this process: its closing is what the client waits for.

        Args:
            farewell: A frame to send before, as far as there is room for it.
        """
        self.flush()
        if farewell and not self._outgoing:
            with suppress(OSError):
                self._socket.send(farewell)
        self._reactor.forget(self._fd)
        self._socket.detach()

    def _put(self, frame: bytes) -> None:
        self._add(frame)
        self.flush()

    def _add(self, frame: bytes) -> None:
        if self.closed:
            return
        if not self._outgoing:
            self._since = self._clock()
        self._outgoing += frame
        if self._request is not None and self._request.streams and len(self._outgoing) > self._limits.unread:
            self.close()

    def _flush_held(self) -> None:
        self.flush()
        self._next()

    def flush(self) -> None:
        """Send what it has not been sent yet, as far as that does not block."""
        while self._outgoing and not self.closed:
            try:
                sent = self._socket.send(self._outgoing)
            except BlockingIOError:
                self._reactor.watch_writable(self._fd, self._on_writable)
                return
            except OSError:
                self.close()
                return
            self._since = self._clock()
            del self._outgoing[:sent]
        if self._last:
            self.close()

    def _on_writable(self) -> None:
        self._reactor.forget_writable(self._fd)
        self.flush()
        self._next()

    def _next(self) -> None:
        """Hand on the next request once the one before is over and its answer is on the way."""
        if self._handing_on:
            return
        self._handing_on = True
        try:
            while self._ready() and self._waiting:
                verb, args = messages.parse_request(self._waiting.popleft())
                self._request = Request(verb, args, self)
                self._on_request(self._request)
        except FrameError as error:
            self._give_up(error)
        finally:
            self._handing_on = False

    def _ready(self) -> bool:
        """Whether the next request may come, after letting go of one that is over."""
        if self.closed or self._last or self._outgoing:
            return False
        if self._request is not None and self._request.over and not self._request.lingers:
            self._request = None
            self._since = self._clock()
        return self._request is None

    def _give_up(self, error: FrameError) -> None:
        """Answer with the error and close: after a broken frame nobody knows where the next begins."""
        if self._request is not None:
            self._request.end()
        self._waiting.clear()
        self._last = True
        self._put(messages.failure(UdaemonError(f"not understood: {error}")))


def refuse(connection: socket.socket, why: str) -> None:
    """Refuse a client with an error message, if that does not block."""
    with connection, suppress(OSError):
        connection.setblocking(False)
        connection.send(messages.failure(UdaemonError(why)))
