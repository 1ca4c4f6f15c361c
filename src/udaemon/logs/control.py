"""The logger's end of the socket to the supervisor: messages in, each with its fd, and messages out.

Knows nothing of what they mean, but which kinds bring an fd.
"""

from __future__ import annotations

import _socket  # `socket` imports enum and selectors: as much as the rest of the logger takes to start
import contextlib
import os
import select
import sys

from udaemon.logs.wire import Unpacker, WireError, pack
from udaemon.units import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.logs.poller import Poll

_FDS = 250
"""More than SCM_MAX_FD - 3 do not come with one message (unix(7))."""
_WITH_FD = ("inherit", "open", "watch")


class Control:
    """A connected stream socket.

    Args:
        connection: The socket.
        poll: Where it is watched, for reading from now on.
    """

    def __init__(self, connection: _socket.socket, poll: select.epoll | Poll) -> None:
        self._socket = connection
        self._poll = poll
        self._unpacker = Unpacker()
        self._fds: list[int] = []
        self._outbox = b""
        self.fd = connection.fileno()
        poll.register(self.fd, select.POLLIN)

    def receive(self) -> list[tuple[list[str], int]] | None:
        """The messages that have come, each with its fd or -1; None when the supervisor has hung up."""
        try:
            data, ancillary, flags, _ = self._socket.recvmsg(64 * 1024, _socket.CMSG_SPACE(4 * _FDS))
        except ConnectionResetError:
            return None
        for _, _, packed in ancillary:
            self._fds += [int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed) - 3, 4)]
        if flags & _socket.MSG_CTRUNC:
            sys.exit("udaemon logger: no file descriptors left for another log pipe")
        if not data:
            return None
        try:
            messages = self._unpacker.feed(data)
        except WireError:
            sys.exit("udaemon logger: what the supervisor sends is not understood")
        return [(fields, self._fds.pop(0) if fields[0] in _WITH_FD else -1) for fields in messages]

    def send(self, *fields: str) -> None:
        """Never waits for the supervisor; what it does not take now it gets later."""
        self._outbox += pack(*fields)
        self._flush()

    def tell_line(self, ident: str, question: str, line: str | None) -> None:
        """A line of a log pipe answers a question; None: to look for it takes too long."""
        self.send(*(("said", ident, question, line) if line is not None else ("overran", ident, question)))

    def tell_loss(self, path: str, lines: int, size: int, state: str | None) -> None:
        """Lines for a file were given up; `state` is why, where no supervisor is left to hear it and stderr shall."""
        if state is None:
            self.send("lost", path, str(lines), str(size))
            return
        text = f"udaemon logger: {output(lines, size)} for {path} could not be written: {state}\n"
        with contextlib.suppress(OSError):
            os.write(2, text.encode("utf-8", "backslashreplace"))

    def writable(self) -> None:
        """It takes more."""
        self._poll.modify(self.fd, select.POLLIN)
        self._flush()

    def _flush(self) -> None:
        try:
            while self._outbox:
                self._outbox = self._outbox[self._socket.send(self._outbox, _socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            self._poll.modify(self.fd, select.POLLIN | select.POLLOUT)
        except OSError:
            self._outbox = b""  # nobody is left to be told
