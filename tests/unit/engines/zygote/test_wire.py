"""Messages between a zygote and its parent: whatever their size, and whatever a zygote sends."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest

from udaemon.engines.zygote import wire
from udaemon.engines.zygote.wire import Part

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    parent, zygote = wire.pair()
    yield parent, zygote
    parent.close()
    zygote.close()


def test_a_request_crosses_with_its_descriptors(pair: Pair) -> None:
    parent, zygote = pair
    read, write = os.pipe()
    wire.ask(parent, [Part(b"one", []), Part(b"", [write]), Part(b"three", [])])
    request = wire.receive_request(zygote)
    assert request is not None
    assert [part.data for part in request] == [b"one", b"", b"three"]
    [[], [arrived], []] = [part.fds for part in request]
    assert not os.get_inheritable(arrived)
    os.write(arrived, b"x")
    assert os.read(read, 1) == b"x"
    for fd in (read, write, arrived):
        os.close(fd)


def test_a_request_of_the_largest_size_never_fills_the_socket(pair: Pair) -> None:
    parent, zygote = pair
    wire.ask(parent, [Part(b"x" * 10_000_000, [0] * wire.MAX_FDS)])
    request = wire.receive_request(zygote)
    assert request is not None
    [part] = request
    assert (len(part.data), len(part.fds)) == (10_000_000, wire.MAX_FDS)
    for fd in part.fds:
        os.close(fd)


def test_a_request_that_was_cut_off_is_forgotten_with_the_next(pair: Pair) -> None:
    """What came of it is closed: nobody would ever ask for it."""
    parent, zygote = pair
    read, write = os.pipe()
    socket.send_fds(parent, [b"firstmore"], [write])
    os.close(write)
    wire.ask(parent, [Part(b"whole", [0])])

    request = wire.receive_request(zygote)

    assert request is not None
    [part] = request
    assert (part.data, len(part.fds)) == (b"whole", 1)
    assert os.read(read, 1) == b""
    for fd in (read, *part.fds):
        os.close(fd)


def test_the_end_of_the_parent_is_no_request(pair: Pair) -> None:
    parent, zygote = pair
    parent.close()
    assert wire.receive_request(zygote) is None


def test_an_answer_crosses_as_json(pair: Pair) -> None:
    parent, zygote = pair
    with pytest.raises(BlockingIOError):
        wire.receive_answer(parent)
    wire.answer(zygote, {"forked": [[12, 0]]})
    assert wire.receive_answer(parent) == {"forked": [[12, 0]]}
    zygote.close()
    assert wire.receive_answer(parent) is None


@pytest.mark.parametrize(
    "data",
    [b"\x80\x05pickle", b"[]", b"{", b"[" * 60_000, json.dumps({"x": "y" * 70_000}).encode(), b"\xff"],
)
def test_what_is_no_answer_is_refused(pair: Pair, data: bytes) -> None:
    parent, zygote = pair
    zygote.send(data)
    with pytest.raises(ValueError, match=r".+"):
        wire.receive_answer(parent)
