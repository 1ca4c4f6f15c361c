"""The control server: requests, answers, errors, bugs, and its end."""

from __future__ import annotations

import os
import time

from tests.fakes.host import FakeHost
from tests.unit.control.conftest import Serve
from tests.unit.control.talk import Talk

from udaemon.control.handlers import HANDLERS
from udaemon.control.host import Host, Notice
from udaemon.control.request import Request
from udaemon.errors import UdaemonError


def answers_at_once(talk: Talk) -> bool:
    began = time.monotonic()
    answer = talk.ask("ps")
    return answer["ok"] is True and time.monotonic() - began < 0.2


def test_a_request_is_answered(talk: Talk) -> None:
    answer = talk.ask("hello")
    assert answer["ok"] is True
    assert answer["data"]["project"] == "shop"
    assert answer["more"] is False


def test_two_requests_on_one_connection_are_answered_in_order(talk: Talk) -> None:
    client = talk.client()
    client.ask("hello")
    client.ask("logs")
    talk.until(lambda: client.answered(2))
    assert [min(answer["data"]) for answer in client.heard] == ["context", "common"]


def test_a_verb_it_does_not_know_is_named_with_the_nearest(talk: Talk) -> None:
    assert talk.ask("stopp")["error"] == {
        "message": "the supervisor knows no verb 'stopp'",
        "hint": "did you mean 'stop'?",
        "exit_code": 2,
    }


def test_an_argument_of_the_wrong_kind_is_told(talk: Talk) -> None:
    assert talk.ask("stop", names="mailer")["error"]["message"] == "stop: 'names' must be a list of strings"
    assert (
        talk.ask("stop", names=["db"], timeout=-1)["error"]["message"]
        == "stop: 'timeout' must be a number of seconds from 0 to 1000000000"
    )
    assert talk.ask("down", hurry=1)["error"]["message"] == "down: 'hurry' must be true or false"
    assert talk.ask("inspect")["error"]["message"] == "inspect: 'name' must be a string"


def test_f6_a_bug_in_a_handler_is_told_and_reported_and_others_are_served(serve: Serve, host: FakeHost) -> None:
    def broken(_host: Host, _request: Request) -> None:
        raise ZeroDivisionError

    talk = serve(host, handlers={**HANDLERS, "broken": broken})
    assert talk.ask("broken")["error"]["message"] == "a bug in udaemon: broken failed"
    assert talk.bugs == ["the verb broken"]
    assert answers_at_once(talk)


def test_f6_a_bug_while_something_happens_ends_that_request_only(serve: Serve, host: FakeHost) -> None:
    def explode(_notice: Notice) -> None:
        raise ZeroDivisionError

    def broken(host: Host, request: Request) -> None:
        request.follow(host, explode)

    talk = serve(host, handlers={**HANDLERS, "broken": broken})
    client = talk.client()
    client.ask("broken")
    talk.settle()
    host.tell(None, "leaving", "stops all daemons")
    talk.until(client.answered)
    assert "error" in client.heard[0]
    assert host.subscribers == []


def test_close_leaves_only_the_connection_that_waits_for_the_end(talk: Talk, host: FakeHost) -> None:
    down, follower = talk.client(), talk.client()
    follower.ask("events", follow=True)
    talk.until(lambda: len(host.subscribers) == 1)
    down.ask("down")
    talk.until(down.answered)
    watched = talk.reactor.watched
    talk.server.close()
    assert follower.hung_up()
    assert not down.hung_up()
    assert talk.reactor.watched == frozenset()
    left = [fd for fd in watched if _is_socket(fd)]
    assert len(left) == 1
    os.close(left[0])
    assert down.hung_up()


def _is_socket(fd: int) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
    except FileNotFoundError:
        return False


def test_an_answer_that_is_no_json_is_a_bug_that_is_told(serve: Serve, host: FakeHost) -> None:
    def odd(_host: Host, request: Request) -> None:
        request.answer(float("nan"))

    talk = serve(host, handlers={"odd": odd})
    assert talk.ask("odd")["error"]["message"] == "a bug in udaemon: odd failed"


def test_an_error_the_operator_can_mend_is_told_as_it_is(serve: Serve, host: FakeHost) -> None:
    def refuses(_host: Host, _request: Request) -> None:
        raise UdaemonError("not now", "later")

    talk = serve(host, handlers={"no": refuses})
    assert talk.ask("no")["error"] == {"message": "not now", "hint": "later", "exit_code": 1}
    assert talk.bugs == []
