"""The verb `hello`: who answers."""

from __future__ import annotations

import os

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon import __version__
from udaemon.manifest.fingerprint import fingerprint
from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_hello_tells_who_answers(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    data = talk.ask("hello")["data"]
    assert data | {"started_at": "", "uptime": 0} == {
        "version": __version__,
        "project": "shop",
        "context": "production",
        "manifest": "/srv/shop/udaemon.toml",
        "fingerprint": fingerprint(host.manifest),
        "leaving": False,
        "pid": os.getpid(),
        "started_at": "",
        "uptime": 0,
        "daemons": {"mailer": 2, "db": 1},
        "selectors": ["mailer", "db"],
        "states": {"stopped": 2, "running": 1},
    }
