"""A rolling restart: one at a time, in the gap between two runs, until one fails; the policy is the real one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Raw, Talk, asks, told

from udaemon.manifest.model import Daemon, Ready
from udaemon.policy.events import NeedsChanged, SpawnFailed, StartAsked, StopAsked, Verdict
from udaemon.policy.instance import Key
from udaemon.policy.questions import Question
from udaemon.policy.reasons import Trouble

WEB = Daemon(name="web", command=("web",), instances=3, ready=Ready(tcp=":80"))
W0, W1, W2 = (Key("web", index) for index in range(3))
MAILER = Daemon(name="mailer", factory="jobs:create", sleep=30.0, instances=2)
M0, M1 = Key("mailer", 0), Key("mailer", 1)


def ready(host: FakeHost, key: Key, pid: int, *, ok: bool = True) -> None:
    host.happen(key, Verdict(Question.READY, pid, ok=ok, reason="takes connections" if ok else "connection refused"))


def runs(host: FakeHost, key: Key, pid: int) -> None:
    host.forked(key, pid)
    ready(host, key, pid)


@pytest.fixture
def host() -> FakeHost:
    host = FakeHost(WEB)
    for index, key in enumerate((W0, W1, W2)):
        host.run(key, 10 + index)
        ready(host, key, 10 + index)
    return host


def go_on(talk: Talk, client: Raw, answers: int) -> None:
    talk.until(lambda: client.answered(answers))
    talk.pass_time(0.0)


def test_the_next_one_is_touched_once_the_one_before_is_ready(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "restart", names=["web"], rolling=True)
    assert host.sent == [(W0, "TERM")]
    host.dies(W0, signal=15)
    host.forked(W0, 20)
    talk.pass_time(5.0)
    assert host.sent == [(W0, "TERM")]
    ready(host, W0, 20)
    go_on(talk, client, 1)
    assert host.sent == [(W0, "TERM"), (W1, "TERM")]
    host.dies(W1, signal=15)
    runs(host, W1, 21)
    go_on(talk, client, 2)
    host.dies(W2, signal=15)
    runs(host, W2, 22)
    go_on(talk, client, 3)
    talk.until(lambda: client.answered(4))
    assert told(client) == [(f"web/{n}", True, f"restarted as pid {20 + n}") for n in range(3)]
    assert client.heard[-1]["data"] == {"failed": 0, "left": []}
    assert host.subscribers == []


def test_it_stops_at_the_first_that_fails_and_tells_who_is_left(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "restart", names=["web"], rolling=True)
    host.dies(W0, signal=15)
    host.happen(W0, SpawnFailed(Trouble.CONFIG, "exec web: No such file"))
    talk.until(lambda: client.answered(2))
    assert told(client) == [("web/0", False, "failed: exec web: No such file")]
    assert client.heard[-1]["data"] == {"failed": 1, "left": ["web/1", "web/2"]}
    assert host.sent == [(W0, "TERM")]


def test_it_stops_when_one_does_not_stay_up_after_it_was_ready(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "restart", names=["web"], rolling=True)
    host.dies(W0, signal=15)
    runs(host, W0, 20)
    ready(host, W0, 20, ok=False)  # before the turn has ended, and with it the next one is touched
    talk.until(lambda: client.answered(3))
    message = "did not stay up after its restart: is running: unready: connection refused"
    assert told(client)[1:] == [("web/0", False, message)]
    assert client.heard[-1]["data"] == {"failed": 1, "left": ["web/1", "web/2"]}


def test_one_that_is_down_is_taken_first_as_that_costs_nothing(talk: Talk, host: FakeHost) -> None:
    host.happen(W1, StopAsked())
    host.dies(W1, signal=15)
    client = asks(talk, "restart", names=["web"], rolling=True)
    assert host.sent == [(W1, "TERM")]
    runs(host, W1, 21)
    go_on(talk, client, 1)
    assert told(client) == [("web/1", True, "started as pid 21")]
    assert host.sent == [(W1, "TERM"), (W0, "TERM")]


def test_who_waits_for_a_lock_may_take_over_from_the_one_that_is_restarted(serve: Callable[..., Talk]) -> None:
    host = FakeHost(Daemon(name="web", command=("web",), instances=3, lock=("x",)))
    host.run(W0, 10)
    host.happen(W1, StartAsked())
    host.happen(W2, StartAsked())
    talk = serve(host)
    client = asks(talk, "restart", names=["web"], rolling=True)
    go_on(talk, client, 1)
    go_on(talk, client, 2)
    assert host.sent == [(W0, "TERM")]
    host.dies(W0, signal=15)
    host.happen(W1, NeedsChanged())
    go_on(talk, client, 3)
    talk.until(lambda: client.answered(4))
    assert told(client)[2:] == [("web/0", True, "is waiting for lock x, which web/1 is to have next")]
    assert client.heard[-1]["data"] == {"failed": 0, "left": []}


def test_when_its_client_leaves_the_one_under_way_comes_back_and_no_other_is_touched(
    talk: Talk, host: FakeHost
) -> None:
    client = asks(talk, "restart", names=["web"], rolling=True)
    client.socket.close()
    talk.until(lambda: not host.subscribers)
    host.dies(W0, signal=15)
    runs(host, W0, 20)
    talk.pass_time(1.0)
    assert host.sent == [(W0, "TERM")]
    assert host.view(W0).instance.pid == 20


def test_the_time_that_is_given_is_for_all_of_it(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "restart", names=["web"], rolling=True, wait_timeout=5)
    host.dies(W0, signal=15)
    host.forked(W0, 20)
    ready(host, W0, 20, ok=False)
    talk.pass_time(5.0)
    talk.until(lambda: client.answered(1))
    message = "not within 5 s: web/0 is starting: not ready yet: connection refused; 0 of 3 were restarted"
    assert client.heard[-1]["error"] == {"message": message, "hint": None, "exit_code": 124}


def test_a_task_is_given_all_the_time_that_its_run_takes(serve: Callable[..., Talk]) -> None:
    host = FakeHost(MAILER)
    host.run(M0, 10)
    host.run(M1, 11)
    talk = serve(host)
    client = asks(talk, "restart", names=["mailer"], rolling=True)
    assert (host.sent, host.view(M0).instance.deadline) == ([(M0, "TERM")], None)
    assert host.view(M0).instance.state == "running"
    host.dies(M0, code=0)
    host.forked(M0, 20)
    go_on(talk, client, 1)
    assert host.sent == [(M0, "TERM"), (M1, "TERM")]
