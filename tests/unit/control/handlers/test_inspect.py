"""The verb `inspect`: all that is known of a daemon, and no secret."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_f60_inspect_tells_the_names_of_env_and_params_and_no_value(serve: Callable[..., Talk]) -> None:
    secret = "hunter2"
    host = FakeHost(
        Daemon(name="mailer", factory="m:f", env={"DB_PASSWORD": secret}, params={"token": secret, "sizes": [1]})
    )
    talk = serve(host)
    host.run(M0, 20)
    for verb, args in (("inspect", {"name": "mailer"}), ("ps", {}), ("hello", {}), ("events", {}), ("logs", {})):
        assert secret not in str(talk.ask(verb, **args))
    data = talk.ask("inspect", name="mailer")["data"]
    assert data["daemons"][0]["env"] == ["DB_PASSWORD"]
    assert data["daemons"][0]["params"] == ["sizes", "token"]
    assert data["daemons"][0]["stop"] == {"signal": "TERM", "command": None, "timeout": 10.0, "kill_tree": True}
    assert data["instances"][0]["pid"] == 20
    assert [event["event"] for event in data["events"]] == ["started", "ready"]
