"""Messages between a zygote and its parent, in datagrams of their socket pair.

Knows nothing of their meaning. The parent is trusted and sends pickles; the zygote has run other people's code and is
answered for in JSON of bounded size. A request travels in a memory file, so that sending one never fills the socket.
"""

from __future__ import annotations

import array
import json
import os
import pickle
import socket
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

MAX_FDS = 505
"""Descriptors with a request: what two datagrams take, less one for the request itself."""
_MAX_A_DATAGRAM = 253
"""SCM_MAX_FD of the kernel (unix(7))."""
_ANSWER_LIMIT = 64 * 1024
_INT = array.array("i").itemsize
# Plain numbers: enums are code, and each page that a zygote touches between two forks is one that a child has alone.
_CUT = int(socket.MSG_CTRUNC)
_WHERE = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)
_CLOEXEC = int(socket.MSG_CMSG_CLOEXEC)


class Request(NamedTuple):
    """What the parent wants, and the descriptors that came with it."""

    value: Any
    fds: list[int]


class Truncated(Exception):
    """The descriptors of a request did not all arrive: this process has no room for them."""


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected pair: the parent's end, which never blocks, and the zygote's."""
    parent, zygote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent.setblocking(False)
    return parent, zygote


def ask(channel: socket.socket, value: Any, fds: Sequence[int] = ()) -> None:
    """Send a request to a zygote, in as many datagrams as its descriptors need.

    Raises:
        OSError: It has gone, or this process or the system has no descriptors left.
    """
    memory = os.memfd_create("request", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(memory), "wb") as file:
            pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)
        rest = [memory, *fds]
        first = b"first"
        while rest:
            these, rest = rest[:_MAX_A_DATAGRAM], rest[_MAX_A_DATAGRAM:]
            socket.send_fds(channel, [first, b"more" if rest else b"last"], these, socket.MSG_NOSIGNAL)
            first = b""
    finally:
        os.close(memory)


def receive_request(channel: socket.socket) -> Request | None:
    """Wait for a request, None when the parent has gone.

    Raises:
        Truncated: It came without all of its descriptors.
    """
    fds: list[int] = []
    whole, data = True, b""
    while not data.endswith(b"last"):
        data, ancillary, flags, _ = channel.recvmsg(16, socket.CMSG_SPACE(_MAX_A_DATAGRAM * _INT), _CLOEXEC)
        if not data:
            return None
        if data.startswith(b"first"):  # of one before, the last part was never sent
            _close(fds)
            fds, whole = [], True
        fds += _descriptors(ancillary)
        whole = whole and not flags & _CUT
    if not whole or not fds:
        _close(fds)
        raise Truncated
    text = os.pread(fds[0], os.fstat(fds[0]).st_size, 0)
    os.close(fds[0])
    return Request(pickle.loads(text), fds[1:])  # noqa: S301 - the parent is who we are made by


def _descriptors(ancillary: Iterable[tuple[int, int, bytes]]) -> list[int]:
    received = array.array("i")
    for level, kind, payload in ancillary:
        if (level, kind) == _WHERE:
            received.frombytes(payload[: len(payload) - len(payload) % _INT])
    return received.tolist()


def _close(fds: Iterable[int]) -> None:
    for fd in fds:
        os.close(fd)


def answer(channel: socket.socket, value: dict[str, Any]) -> None:
    """Send an answer to the parent."""
    channel.send(json.dumps(value).encode())


def receive_answer(channel: socket.socket) -> dict[str, Any] | None:
    """The next answer of a zygote, None when it has closed its end.

    Raises:
        BlockingIOError: There is none.
        ValueError: What came is no answer.
        OSError: The connection broke.
    """
    data, _, flags, _ = channel.recvmsg(_ANSWER_LIMIT)
    if not data:
        return None
    if flags & socket.MSG_TRUNC:
        raise ValueError("an answer is too long")
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("an answer is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("an answer is no object")
    return value
