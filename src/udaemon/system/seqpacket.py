"""Receiving from a connected socket that keeps the bounds of messages (SOCK_SEQPACKET).

Knows nothing of what is said.
"""

from __future__ import annotations

import socket
from typing import Any


def receive(connection: socket.socket, size: int, room: int = 0, flags: int = 0) -> tuple[bytes, list[Any], int]:
    """The next message, with its ancillary data and flags; an empty one where the other end has gone.

    Where that had not read all when it ended, the kernel says so first, once, and only then hands out what it had sent
    before: whoever took the reset for the end would lose its last words. (A stream socket has it the other way round.)

    Raises:
        BlockingIOError: There is none yet.
        OSError: The connection broke.
    """
    try:
        data, ancillary, told, _ = connection.recvmsg(size, room, flags)
    except ConnectionResetError:
        data, ancillary, told, _ = connection.recvmsg(size, room, flags)
    return data, ancillary, told
