"""The verb `down`: when it answers."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks, told

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_down_answers_when_nothing_lives(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "down", timeout=2)
    assert host.down == [(False, 2.0)]
    host.dies(DB0, code=0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "stopped (was running 0.0 s)")]
    assert client.heard[-1]["data"] == {"failed": 0}
    talk.pass_time(100.0)
    assert not client.hung_up()
