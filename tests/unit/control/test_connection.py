"""The control server under clients of every kind (faults.md F58): each is bounded, none keeps others waiting."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.conftest import Serve
from tests.unit.control.talk import Raw, Talk, asks, open_fds

from udaemon.control import sockets
from udaemon.control.connection import Limits
from udaemon.control.handlers import HANDLERS
from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.policy.events import StartAsked


def answers_at_once(talk: Talk) -> bool:
    began, cpu = time.monotonic(), time.thread_time()
    answer = talk.ask("ps")
    # The server's own time; the clock, which others slow down too, only shows that nothing waited.
    return answer["ok"] is True and time.thread_time() - cpu < 0.2 and time.monotonic() - began < 2.0


def test_f58_a_client_that_never_reads_is_dropped_and_keeps_nobody_waiting(serve: Serve, host: FakeHost) -> None:
    def flood(_host: Host, request: Request) -> None:
        request.answer("x" * 8_000_000)

    talk = serve(host, handlers={**HANDLERS, "flood": flood})
    before = open_fds()
    client = talk.client()
    client.ask("flood")
    client.ask("flood")
    talk.settle()
    assert answers_at_once(talk)
    talk.pass_time(10.0)
    talk.until(client.hung_up)
    client.socket.close()
    assert open_fds() == before


def test_f58_a_slow_reader_gets_everything(serve: Serve, host: FakeHost) -> None:
    def flood(_host: Host, request: Request) -> None:
        request.answer("x" * 3_000_000)

    talk = serve(host, handlers={**HANDLERS, "flood": flood})
    client = talk.client()
    client.ask("flood")
    talk.until(client.answered)
    assert len(client.heard[0]["data"]) == 3_000_000


def test_f58_a_stream_that_is_not_read_is_cut_at_its_bound(serve: Serve, host: FakeHost) -> None:
    talk = serve(host, limits=Limits(unread=200_000))
    client = talk.client()
    client.ask("events", follow=True)
    talk.until(client.answered)
    for _ in range(200):
        host.tell(None, "test", "x" * 4000)
    assert host.subscribers == []
    talk.until(client.hung_up)
    assert answers_at_once(talk)


def test_f58_half_a_frame_is_dropped_after_five_seconds(talk: Talk) -> None:
    client = talk.client()
    client.say(b"\0\0\0\x10half")
    talk.settle()
    talk.pass_time(4.9)
    client.say(b"a")
    talk.settle()
    assert not client.hung_up()
    talk.pass_time(0.1)
    assert client.hung_up()


def test_f58_a_client_that_says_nothing_is_dropped_after_five_seconds(talk: Talk) -> None:
    client = talk.client()
    talk.settle()
    talk.pass_time(5.0)
    assert client.hung_up()


def test_f58_a_client_that_waits_for_an_answer_has_all_the_time(talk: Talk, host: FakeHost) -> None:
    client = talk.client()
    client.ask("events", follow=True)
    talk.until(client.answered)
    talk.pass_time(1000.0)
    assert not client.hung_up()
    assert talk.server.deadline is None


def test_f58_a_frame_of_a_gigabyte_is_refused_by_its_header(talk: Talk) -> None:
    client = talk.client()
    client.say((1 << 30).to_bytes(4, "big"))
    talk.until(client.hung_up)
    assert client.heard == [
        {
            "error": {
                "message": "not understood: a frame of 1073741824 bytes; at most 65536 are taken",
                "hint": None,
                "exit_code": 1,
            }
        }
    ]
    assert answers_at_once(talk)


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x05hello", os.urandom(60_000) + b"\xff" * 8])
def test_f58_garbage_is_answered_once_and_hung_up(talk: Talk, garbage: bytes) -> None:
    client = talk.client()
    client.say(garbage)
    talk.settle()
    talk.pass_time(5.0)
    talk.until(client.hung_up)
    assert len(client.heard) <= 1
    assert answers_at_once(talk)


def test_f58_too_many_requests_at_once_are_refused(serve: Serve, host: FakeHost) -> None:
    talk = serve(host)
    client = talk.client()
    client.ask("events", follow=True)
    for _ in range(5):
        client.ask("ps")
    talk.until(client.hung_up)
    assert client.heard[-1]["error"]["message"] == "not understood: too many requests at once"
    assert host.subscribers == []


def test_f58_a_client_that_closes_early_leaves_nothing(talk: Talk, host: FakeHost) -> None:
    before = open_fds()
    host.happen(host.instances()[2].key, StartAsked())
    for verb in ("events", "wait"):
        client = talk.client()
        client.ask(verb, follow=True, names=["db"], until="ready", timeout=50)
        talk.until(lambda: len(host.subscribers) == 1)
        client.socket.close()
        talk.until(lambda: host.subscribers == [])
    assert open_fds() == before
    assert talk.server.deadline is None


def test_f58_stop_goes_on_when_its_client_has_gone(talk: Talk, host: FakeHost) -> None:
    key = host.instances()[2].key
    host.run(key, 7)
    client = talk.client()
    client.ask("stop", names=["db"])
    client.socket.close()
    talk.until(lambda: host.sent)
    assert host.sent == [(key, "TERM")]
    assert host.view(key).instance.state == "stopping"


@pytest.fixture
def many_fds() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_fds")
def test_f58_of_five_thousand_connections_a_bounded_number_is_kept_and_others_are_served(talk: Talk) -> None:
    before = open_fds()
    idlers = []
    worst = 0.0
    for number in range(5000):
        idlers.append(sockets.connect(talk.fd))
        if number % 100 == 0:
            began = time.thread_time()
            assert talk.ask("ps")["ok"] is True
            worst = max(worst, time.thread_time() - began)
    assert worst < 0.2
    talk.settle()
    kept = open_fds() - before - 5000
    assert 0 < kept <= 256
    for idler in idlers:
        assert idler is not None
        idler.close()
    talk.until(lambda: open_fds() <= before)


FEW = Limits(clients=6, kept=2)


def follower(talk: Talk, *, reads: bool) -> Raw:
    client = talk.client()
    client.ask("events", follow=True)
    if reads:
        talk.until(client.answered)
    else:
        talk.settle()
    return client


def test_f58_followers_that_never_read_go_the_slowest_first_and_others_are_served(serve: Serve, host: FakeHost) -> None:
    talk = serve(host, limits=FEW)
    reader = follower(talk, reads=True)
    mute = [follower(talk, reads=False) for _ in range(20)]

    assert answers_at_once(talk)
    assert not reader.hung_up()
    assert len(host.subscribers) == 4
    assert sum(client.hung_up() for client in mute) == 17
    assert mute[0].heard[-1]["error"]["message"] == "too many clients, and this one was the slowest to read"


def test_f58_places_are_kept_for_short_questions_and_for_down(serve: Serve, host: FakeHost) -> None:
    """All read at once what they are told, and hold their places."""
    talk = serve(host, limits=FEW)
    readers = [follower(talk, reads=True) for _ in range(4)]
    late = follower(talk, reads=True)

    assert late.heard[-1]["error"]["message"] == "4 clients are waiting already"
    assert [client.hung_up() for client in readers] == [False] * 4
    assert answers_at_once(talk)
    asks(talk, "down")
    assert host.down == [(False, None)]


def test_f58_who_waits_for_what_he_asked_takes_the_place_of_one_who_only_follows(serve: Serve, host: FakeHost) -> None:
    talk = serve(host, limits=FEW)
    key = host.instances()[2].key
    host.run(key, 7)
    readers = [follower(talk, reads=True) for _ in range(4)]
    stop = asks(talk, "stop", names=["db"])

    assert sum(client.hung_up() for client in readers) == 1
    host.dies(key, code=0)
    talk.until(lambda: stop.answered(2))
    assert stop.heard[-1]["data"] == {"failed": 0}


def test_f58_when_all_wait_for_what_they_asked_the_next_is_told_so(serve: Serve, host: FakeHost) -> None:
    talk = serve(host, limits=FEW)
    key = host.instances()[2].key
    host.run(key, 7)
    waiting = [asks(talk, "wait", names=["db"], until="stopped") for _ in range(4)]
    late = asks(talk, "stop", names=["db"])
    talk.until(late.answered)

    assert late.heard[-1]["error"]["message"] == "4 clients are waiting already"
    assert late.heard[-1]["error"]["hint"] == "what was asked for is done all the same"
    assert host.sent == [(key, "TERM")]
    assert [client.hung_up() for client in waiting] == [False] * 4


def test_f13_without_an_fd_left_the_spare_one_serves(talk: Talk) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = talk.client()
    client.ask("hello")
    highest = max(int(fd) for fd in os.listdir("/proc/self/fd"))
    ballast = [os.dup(talk.fd) for _ in range(highest)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(ballast) + 1, hard))
    try:
        talk.until(client.answered)
        assert client.heard[0]["ok"] is True
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in ballast:
            os.close(fd)
