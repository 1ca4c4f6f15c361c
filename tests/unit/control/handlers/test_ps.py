"""The verb `ps`: what it says of the supervisor itself; instances are in test_snapshot.py."""

from __future__ import annotations

import os

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_ps_tells_of_our_own_memory(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, os.getpid())
    (instance,) = talk.ask("ps", names=["db"])["data"]["instances"]
    assert instance["memory"]["rss"] > 1_000_000
