"""The logger's end of the socket: each message with its descriptor, however it is cut, and answers that wait."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator

import pytest

from udaemon.logs.control import Control
from udaemon.logs.poller import Poll
from udaemon.logs.wire import Unpacker, pack


class World:
    """The supervisor's end is `far`."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        self.near = near
        self.poll = Poll()
        self.control = Control(near, self.poll)

    def events(self) -> int:
        """What the poller says of the socket now."""
        return dict(self.poll.poll(0)).get(self.control.fd, 0)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.near.close()
    made.far.close()


def test_each_message_that_brings_a_descriptor_has_its_own(world: World) -> None:
    pipes = [os.pipe() for _ in range(2)]
    socket.send_fds(
        world.far, [pack("inherit", ""), pack("begin", ""), pack("watch", "7")], [read for read, _ in pipes]
    )
    [(first, one), (second, none), (third, other)] = world.control.receive() or []
    assert (first, second, none, third) == (["inherit", ""], ["begin", ""], -1, ["watch", "7"])
    for (read, write), fd in zip(pipes, (one, other), strict=True):
        assert os.fstat(fd).st_ino == os.fstat(read).st_ino
        for each in (read, write, fd):
            os.close(each)


def test_a_message_that_is_cut_has_its_descriptor_when_it_is_whole(world: World) -> None:
    read, write = os.pipe()
    message = pack("open", "1", "2")
    socket.send_fds(world.far, [message[:3]], [read])
    assert world.control.receive() == []
    world.far.send(message[3:])
    [(fields, fd)] = world.control.receive() or []
    assert (fields, os.fstat(fd).st_ino) == (["open", "1", "2"], os.fstat(read).st_ino)
    for each in (read, write, fd):
        os.close(each)


def test_a_supervisor_that_has_hung_up_is_seen(world: World) -> None:
    world.far.close()
    assert world.control.receive() is None


def test_nobody_knows_where_the_next_message_begins_after_one_that_is_none(world: World) -> None:
    world.far.send(b"\xff" * 8)
    with pytest.raises(SystemExit, match="is not understood"):
        world.control.receive()


def test_a_supervisor_that_does_not_read_holds_up_nobody_and_gets_all_later(world: World) -> None:
    text = "x" * 1000
    for number in range(2000):
        world.control.send("state", str(number), text)
    got: list[list[str]] = []
    unpacker = Unpacker()
    while len(got) < 2000:
        got += unpacker.feed(world.far.recv(1 << 20))
        if world.events() & select.POLLOUT:
            world.control.writable()
    assert got == [["state", str(number), text] for number in range(2000)]
    assert world.events() == 0


def test_answers_for_one_that_has_gone_are_let_go_of(world: World) -> None:
    world.far.close()
    world.control.send("eof", "1")
    world.control.send("eof", "2")
    assert world.control._outbox == b""


def test_lines_that_were_given_up_are_told_to_the_supervisor_while_there_is_one(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.control.tell_loss("/x.log", 3, 30, None)
    assert Unpacker().feed(world.far.recv(100)) == [["lost", "/x.log", "3", "30"]]
    world.control.tell_loss("/x\udcff.log", 3, 30, "blocked (ENOSPC)")
    told = "udaemon logger: 3 lines (30 bytes) for /x\\udcff.log could not be written: blocked (ENOSPC)\n"
    assert capfd.readouterr().err == told
