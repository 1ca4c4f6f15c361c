"""The verb `events`: the past, and what happens to whom."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_events_tells_the_past_and_ends(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    events = talk.ask("events")["data"]["events"]
    assert events == [
        {
            "at": "2026-11-24T14:00:00.000Z",
            "name": "db",
            "instance": 0,
            "event": "started",
            "message": "pid 7",
            "data": {},
        }
    ]


def test_events_follows_one_daemon(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "events", names=["mailer"], follow=True)
    host.run(M0, 20)
    host.dies(DB0, code=0)
    talk.until(lambda: client.answered(3))
    names = [event["name"] for answer in client.heard for event in answer["data"]["events"]]
    assert names == ["mailer", "mailer"]
    assert all(answer["more"] for answer in client.heard)
