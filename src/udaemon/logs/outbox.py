"""Messages on their way to the logger, in their order, each with the descriptor that goes with it.

Knows nothing of what they mean, nor whether anybody reads them.
"""

from __future__ import annotations

import errno
import socket
import time
from collections import deque

from udaemon.engines.base import WritableReactor

_SOON = 0.1
"""Seconds to the next try where the system had no memory to pass something on."""


class Outbox:
    """A queue before a stream socket.

    Args:
        reactor: The loop.
    """

    def __init__(self, reactor: WritableReactor) -> None:
        self.again_at: float | None = None
        self._reactor = reactor
        self._queue: deque[tuple[bytes, int | None]] = deque()

    def add(self, data: bytes, fd: int | None = None) -> None:
        """Put a message at the end."""
        self._queue.append((data, fd))

    def clear(self) -> None:
        """Forget them all."""
        self._queue.clear()
        self.again_at = None

    def flush(self, ours: socket.socket) -> None:
        """Send what the socket takes; the rest goes when it takes more, or at `again_at`. Never waits."""
        self.again_at = None
        try:
            while self._queue:
                self._send(ours)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ETOOMANYREFS):  # the latter: too many fds under way (unix(7))
                self._reactor.watch_writable(ours.fileno(), lambda: self.flush(ours))
            elif error.errno in (errno.EPIPE, errno.ECONNRESET):
                self._queue.clear()  # it died; its end of the socket tells that too
            else:  # no memory: a log pipe that is not handed over now is handed over then
                self.again_at = time.monotonic() + _SOON
        else:
            self._reactor.forget_writable(ours.fileno())

    def drain(self, ours: socket.socket) -> None:
        """Send everything, as slowly as a socket with a timeout takes it.

        Raises:
            OSError: It takes no more.
        """
        while self._queue:
            self._send(ours)

    def _send(self, ours: socket.socket) -> None:
        data, fd = self._queue[0]
        sent = ours.send(data) if fd is None else socket.send_fds(ours, [data], [fd])
        if sent < len(data):
            self._queue[0] = (data[sent:], None)
        else:
            self._queue.popleft()
