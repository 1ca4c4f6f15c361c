"""What a link hears of a zygote. The zygote's process is played by the test; process tests have its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.reactor import SmallReactor

from udaemon.engines.zygote import wire
from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.pickling import unpack
from udaemon.engines.zygote.prefork import PreforkedZygote
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.start import Plan, Starter


class Ground(Starter):
    """Has a zygote that is only the other end of its socket; its pidfd is a pipe's, and never readable."""

    def __init__(self) -> None:
        super().__init__()
        self.channel, self.zygote = wire.pair()
        self.zygote.settimeout(5)
        self.pidfd, self._alive = os.pipe()

    def start(self, plan: Plan) -> PreforkedZygote:
        return PreforkedZygote(1, self.pidfd, self.channel)

    def take_setup(self) -> None:
        for part in wire.receive_request(self.zygote) or ():
            for fd in part.fds:
                os.close(fd)

    def close(self) -> None:
        super().close()
        for file in (self.channel, self.zygote):
            file.close()
        for fd in (self.pidfd, self._alive):
            os.close(fd)


@pytest.fixture
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    made.close()


@pytest.fixture
def reactor() -> Iterator[SmallReactor]:
    with SmallReactor() as made:
        yield made


def connect(reactor: SmallReactor, ground: Ground, heard: list[Any], **options: Any) -> ZygoteConnection:
    plan = Plan(2, (0,), Setup({"X": "1"}, "/", (), ()), **options)
    return ZygoteConnection(
        reactor,
        ground,
        plan,
        on_answer=lambda _link, answer: heard.append(answer),
        on_end=lambda *end: heard.append(end),
    )


@pytest.mark.parametrize("stdout", [None, 1])
def test_a_zygote_is_told_its_setup_with_output_and_what_all_have_in_common(
    reactor: SmallReactor, ground: Ground, stdout: int | None
) -> None:
    connect(reactor, ground, [], stdout=stdout)
    request = wire.receive_request(ground.zygote)
    assert request is not None
    [part] = request
    assert unpack(part) == Setup({"X": "1"}, "/", (), ())
    told = [os.fstat(fd) for fd in part.fds]
    assert told == [os.fstat(2 if stdout is None else stdout), os.fstat(2), os.fstat(0)]
    for fd in part.fds:
        os.close(fd)


def test_to_ask_for_none_is_a_request_without_parts(reactor: SmallReactor, ground: Ground) -> None:
    link = connect(reactor, ground, [])
    ground.take_setup()
    link.ask([])
    assert wire.receive_request(ground.zygote) == []


def test_what_it_has_said_is_heard_in_one_turn_and_nonsense_as_none(reactor: SmallReactor, ground: Ground) -> None:
    heard: list[Any] = []
    connect(reactor, ground, heard)
    for data in (b'{"a": 1}', b"nonsense", b'{"b": 2}'):
        ground.zygote.send(data)
    turns = reactor.turns
    reactor.run_until(lambda: len(heard) == 3)
    assert heard == [{"a": 1}, None, {"b": 2}]
    assert reactor.turns - turns == 1


def test_one_that_never_stops_answering_keeps_nobody_else_waiting(reactor: SmallReactor, ground: Ground) -> None:
    heard: list[Any] = []
    connect(reactor, ground, heard)
    for number in range(40):
        ground.zygote.send(b'{"number": %d}' % number)
    turns = reactor.turns
    reactor.run_until(lambda: len(heard) == 40)
    assert heard == [{"number": number} for number in range(40)]
    assert reactor.turns - turns == 3


def test_one_that_hangs_up_is_not_listened_to_and_not_over_yet(reactor: SmallReactor, ground: Ground) -> None:
    heard: list[Any] = []
    connect(reactor, ground, heard)
    ground.take_setup()
    ground.zygote.send(b'{"last": 1}')
    ground.zygote.close()
    reactor.run_until(lambda: ground.channel.fileno() == -1)
    assert heard == [{"last": 1}]
    assert reactor.watched == frozenset({ground.pidfd})


def test_one_that_has_gone_already_is_known_by_its_end(reactor: SmallReactor, ground: Ground) -> None:
    ground.zygote.close()
    connect(reactor, ground, [])
    assert ground.pidfd in reactor.watched
