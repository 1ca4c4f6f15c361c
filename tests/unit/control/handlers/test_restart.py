"""The verb `restart`: when it answers."""

from __future__ import annotations

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks, told

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_restart_answers_when_the_new_process_runs(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "restart", names=["db"])
    assert client.heard == []
    host.dies(DB0, signal=15)
    host.forked(DB0, 8)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "restarted as pid 8")]
