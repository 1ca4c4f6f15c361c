"""Messages with descriptors between a keeper and its supervisors.

Knows nothing of what they mean.
"""

from __future__ import annotations

import socket
from array import array
from collections.abc import Iterator, Sequence

from udaemon.logs.wire import LONGEST, pack
from udaemon.system import seqpacket

Store = dict[str, tuple[tuple[str, ...], int]]
"""What is kept: facts and descriptor of each name."""

MOST_FDS = 100
"""Descriptors in one message; the kernel takes 253 (unix(7))."""


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """One message with its descriptors, close-on-exec; no bytes where the other end has gone.

    (`socket.recv_fds` of Python 3.11 does nothing with its flags.)
    """
    fds = array("i")
    room = socket.CMSG_SPACE(MOST_FDS * fds.itemsize)
    data, ancillary, _ = seqpacket.receive(connection, LONGEST, room, socket.MSG_CMSG_CLOEXEC)
    for _, _, packed in ancillary:
        fds.frombytes(packed[: len(packed) - len(packed) % fds.itemsize])
    return data, fds.tolist()


def batches(entries: Sequence[tuple[bytes, int | None]]) -> Iterator[tuple[bytes, list[int]]]:
    """Messages with their descriptors, joined to as few as the kernel takes."""
    data, fds = b"", list[int]()
    for message, fd in entries:
        if data and (len(data) + len(message) > LONGEST or len(fds) >= MOST_FDS):
            yield data, fds
            data, fds = b"", []
        data += message
        if fd is not None:
            fds.append(fd)
    if data:
        yield data, fds


def show(connection: socket.socket, store: Store, last: bytes) -> None:
    """Send all that is kept there, and then this."""
    entries = [(pack("keep", name, *facts), fd) for name, (facts, fd) in store.items()]
    for data, fds in batches([*entries, (last, None)]):
        socket.send_fds(connection, [data], fds)
