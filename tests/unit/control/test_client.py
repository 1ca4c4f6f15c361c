"""The client: what it makes of a supervisor that is slow, gone, or talks nonsense."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from udaemon.control import messages
from udaemon.control.client import Client, SupervisorGone
from udaemon.errors import ExitCode, UdaemonError
from udaemon.frames import frame

Pair = tuple[Client, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5.0)
    with Client(ours) as client, theirs:
        yield client, theirs


def test_the_last_answer_counts(pair: Pair) -> None:
    client, server = pair
    server.sendall(messages.answer(1, more=True) + messages.answer(2))
    assert client.ask("ps") == 2


def test_answers_come_one_by_one(pair: Pair) -> None:
    client, server = pair
    server.sendall(messages.answer(1, more=True) + messages.answer(2, more=True) + messages.answer(3))
    assert list(client.stream("events")) == [1, 2, 3]


def test_a_supervisor_that_ends_in_the_middle(pair: Pair) -> None:
    client, server = pair
    server.sendall(messages.answer(1, more=True))
    told = client.stream("events")
    assert next(told) == 1
    server.close()
    with pytest.raises(SupervisorGone):
        next(told)


def test_a_supervisor_that_has_gone_before(pair: Pair) -> None:
    client, server = pair
    server.close()
    with pytest.raises(SupervisorGone):
        client.ask("ps")


def test_a_supervisor_that_hung_up_with_a_word(pair: Pair) -> None:
    client, server = pair
    server.sendall(messages.failure(UdaemonError("256 clients are being served already")))
    server.close()
    with pytest.raises(UdaemonError, match="256 clients"):
        client.ask("ps")


def test_a_supervisor_that_is_stopped() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.02)
    with (
        theirs,
        Client(ours) as client,
        pytest.raises(UdaemonError, match=r"the supervisor, pid [0-9]+, does not answer"),
    ):
        client.ask("ps")


def test_an_error_is_raised_as_it_was(pair: Pair) -> None:
    client, server = pair
    server.sendall(messages.failure(UdaemonError("no", "hint", ExitCode.NO_SUCH_DAEMON)))
    with pytest.raises(UdaemonError, match="no") as caught:
        client.ask("ps")
    assert caught.value.exit_code is ExitCode.NO_SUCH_DAEMON


def test_nonsense_is_told(pair: Pair) -> None:
    client, server = pair
    server.sendall(frame(b"nonsense"))
    with pytest.raises(UdaemonError, match="is not understood"):
        client.ask("ps")


def test_an_end_can_be_waited_for(pair: Pair) -> None:
    client, server = pair
    server.sendall(b"last words")
    server.close()
    client.wait_for_end()
    with pytest.raises(SupervisorGone):
        client.ask("ps")
