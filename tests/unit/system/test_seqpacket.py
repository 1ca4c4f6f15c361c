"""What somebody said before he ended is heard, whatever he had not read himself."""

import os
import socket

import pytest

from udaemon.engines.zygote import wire
from udaemon.logs.wire import Unpacker, pack
from udaemon.service import keeper_wire
from udaemon.system import seqpacket


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def test_the_last_words_of_who_had_not_read_all(pair: tuple[socket.socket, socket.socket]) -> None:
    """The kernel tells of the reset before it hands them out."""
    ours, theirs = pair
    theirs.send(b"first")
    theirs.send(b"last")
    ours.send(b"unread")
    theirs.close()
    with ours:
        assert [seqpacket.receive(ours, 100)[0] for _ in range(4)] == [b"first", b"last", b"", b""]


def test_what_a_supervisor_gave_to_its_keeper_before_it_died_is_kept(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """With its descriptor."""
    keeper, supervisor = pair
    read, write = os.pipe()
    socket.send_fds(supervisor, [pack("keep", "pipe/7", "fact")], [read])
    keeper.send(pack("child"))
    supervisor.close()
    with keeper:
        data, (kept,) = keeper_wire.receive(keeper)
        assert Unpacker().feed(data) == [["keep", "pipe/7", "fact"]]
        assert keeper_wire.receive(keeper) == (b"", [])
    assert os.path.sameopenfile(kept, read)
    for fd in (read, write, kept):
        os.close(fd)


def test_what_a_zygote_answered_before_it_died_is_heard(pair: tuple[socket.socket, socket.socket]) -> None:
    """It may have forked somebody."""
    parent, zygote = pair
    wire.answer(zygote, {"forked": [7]})
    wire.ask(parent, [wire.Part(b"another request", ())])
    zygote.close()
    with parent:
        assert wire.receive_answer(parent) == {"forked": [7]}
        assert wire.receive_answer(parent) is None
