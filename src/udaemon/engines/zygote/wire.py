"""Messages between a zygote and its parent, in datagrams of their socket pair.

Knows nothing of their meaning. The parent is trusted; the zygote has run other people's code and answers in JSON of
bounded size. A request travels in a memory file, so that sending one never fills the socket.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from udaemon.system import seqpacket

MAX_FDS = 505
"""Descriptors with a request: what two datagrams take, less one for the request itself."""
_MAX_A_DATAGRAM = 253
"""SCM_MAX_FD of the kernel (unix(7))."""
_ANSWER_LIMIT = 64 * 1024
_INT = array.array("i").itemsize
_HEAD = struct.Struct("=II")  # bytes and descriptors of the part that follows
# Plain numbers: enums are code, and each page that a zygote touches between two forks is one that a child has alone.
_CUT = int(socket.MSG_CTRUNC)
_WHERE = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)
_CLOEXEC = int(socket.MSG_CMSG_CLOEXEC)


class Part(NamedTuple):
    """One of the things that a request is made of, and the descriptors that belong to it."""

    data: bytes
    fds: Sequence[int]


class Truncated(Exception):
    """The descriptors of a request did not all arrive: this process has no room for them."""


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected pair: the parent's end, which never blocks, and the zygote's."""
    parent, zygote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent.setblocking(False)
    return parent, zygote


def ask(channel: socket.socket, parts: Iterable[Part]) -> None:
    """Send a request to a zygote, in as many datagrams as its descriptors need.

    Raises:
        OSError: It has gone, or this process or the system has no descriptors left.
    """
    memory = os.memfd_create("request", os.MFD_CLOEXEC)
    try:
        rest = [memory]
        with open(memory, "wb", closefd=False) as file:
            for part in parts:
                file.write(_HEAD.pack(len(part.data), len(part.fds)))
                file.write(part.data)
                rest += part.fds
        first = b"first"
        while rest:
            these, rest = rest[:_MAX_A_DATAGRAM], rest[_MAX_A_DATAGRAM:]
            socket.send_fds(channel, [first, b"more" if rest else b"last"], these, socket.MSG_NOSIGNAL)
            first = b""
    finally:
        os.close(memory)


def receive_request(channel: socket.socket) -> list[Part] | None:
    """Wait for a request, None when the parent has gone.

    Raises:
        Truncated: It came without all of its descriptors.
        ConnectionResetError: The parent has gone, and had not read all.
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
    return list(_parts(text, iter(fds[1:])))


def _parts(text: bytes, fds: Iterator[int]) -> Iterator[Part]:
    start = 0
    while start < len(text):
        size, count = _HEAD.unpack_from(text, start)
        start += _HEAD.size + size
        yield Part(text[start - size : start], [next(fds) for _ in range(count)])


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
    """Send an answer to the parent.

    Raises:
        BrokenPipeError: It has gone.
    """
    channel.send(json.dumps(value).encode())


def receive_answer(channel: socket.socket) -> dict[str, Any] | None:
    """The next answer of a zygote, None when it has closed its end.

    Raises:
        BlockingIOError: There is none.
        ValueError: What came is no answer.
        OSError: The connection broke.
    """
    data, _, flags = seqpacket.receive(channel, _ANSWER_LIMIT)
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
