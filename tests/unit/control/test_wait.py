"""Waiting until each of some instances has an outcome: each is told as it has one, and what is late is named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.test_request import Channel

from udaemon.control.host import InstanceView
from udaemon.control.request import Request
from udaemon.control.wait import Outcome, ask_and_wait, wait_for_outcomes
from udaemon.manifest.model import Daemon
from udaemon.policy.events import StartAsked
from udaemon.policy.instance import Key, State

A, B = Key("a", 0), Key("b", 0)


@pytest.fixture
def host() -> FakeHost:
    return FakeHost(Daemon(name="a", command=("a",)), Daemon(name="b", command=("b",)))


def up(view: InstanceView) -> Outcome | None:
    match view.instance.state:
        case State.RUNNING:
            return Outcome(ok=True, message="is up")
        case State.FAILED:
            return Outcome(ok=False, message="failed")
        case _:
            return None


def waits(host: FakeHost, *keys: Key, timeout: float | None = None, **options: Any) -> tuple[Request, Channel]:
    channel = Channel()
    request = Request("wait", {}, channel)
    wait_for_outcomes(request, host, keys, up, timeout=timeout, **options)
    return request, channel


def told(channel: Channel) -> list[object]:
    return [frame["data"] for frame, _ in channel.sent if "data" in frame]


def test_where_all_have_settled_the_answer_comes_at_once(host: FakeHost) -> None:
    host.run(A, 7)
    request, channel = waits(host, A)
    assert told(channel) == [{"name": "a", "instance": 0, "ok": True, "message": "is up", "of": 1}, {"failed": 0}]
    assert (request.over, host.subscribers) == (True, [])


def test_nobody_to_wait_for_is_an_answer(host: FakeHost) -> None:
    assert told(waits(host)[1]) == [{"failed": 0}]


def test_each_is_told_as_soon_as_it_has_settled_and_once(host: FakeHost) -> None:
    _, channel = waits(host, A, B)
    assert told(channel) == []
    host.run(B, 8)
    host.tell(B, "ready", "again")
    assert [one["name"] for one in told(channel) if isinstance(one, dict)] == ["b"]
    host.run(A, 7)
    assert told(channel)[-1] == {"failed": 0}


def test_the_same_one_named_twice_is_one(host: FakeHost) -> None:
    host.run(A, 7)
    assert len(told(waits(host, A, A)[1])) == 2


def test_one_that_another_manifest_takes_away_has_failed(host: FakeHost) -> None:
    _, channel = waits(host, A)
    host.happen(A, StartAsked())
    host.take_away(A)
    assert told(channel)[0] == {"name": "a", "instance": 0, "ok": False, "message": "is declared no more", "of": 1}
    assert told(channel)[-1] == {"failed": 1}


def test_what_is_late_is_named_with_what_it_is(host: FakeHost) -> None:
    host.run(A, 7)
    request, channel = waits(host, A, B, timeout=5.0)
    [fire] = channel.later
    fire()
    message = channel.sent[-1][0]["error"]["message"]
    assert message.startswith("not within 5 s: b/0 ")
    assert "a/0" not in message
    assert (request.over, host.subscribers) == (True, [])


def test_of_many_that_are_late_ten_are_named() -> None:
    host = FakeHost(Daemon(name="a", command=("a",), instances=15))
    channel = Channel()
    wait_for_outcomes(Request("wait", {}, channel), host, [Key("a", index) for index in range(15)], up, timeout=1.0)
    channel.later[0]()
    assert channel.sent[-1][0]["error"]["message"].endswith("and 5 more are not")


def test_good_runs_count_where_they_are_waited_for(host: FakeHost) -> None:
    request, channel = waits(host, A, runs=True)
    assert len(host.run_followers) == 1
    host.good_run(A)
    assert told(channel) == []
    request.end()
    assert host.run_followers == []


def test_an_outcome_is_judged_by_what_was_before_it_was_asked(host: FakeHost) -> None:
    host.run(A, 7)
    channel = Channel()
    request = Request("start", {"names": ["a", "b"]}, channel)

    def judge(view: InstanceView, before: Any) -> Outcome | None:
        return Outcome(ok=True, message=f"was {before.state}") if view.instance.pid else None

    ask_and_wait(request, host, StartAsked(), judge)
    host.forked(B, 8)
    assert [one["message"] for one in told(channel) if isinstance(one, dict) and "message" in one] == [
        "was running",
        "was stopped",
    ]
