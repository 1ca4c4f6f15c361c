"""Verbs that tell what is, or wait for it: the host is a fake, the policy the real one."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.fakes.host import FakeHost, reading
from tests.unit.control.conftest import DB, MAILER
from tests.unit.control.talk import Talk, asks, told

from udaemon import __version__
from udaemon.manifest.fingerprint import fingerprint
from udaemon.manifest.model import Daemon
from udaemon.policy.events import SpawnFailed, StartAsked, StopAsked, Trouble
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


def test_wait_for_ready(talk: Talk, host: FakeHost) -> None:
    host.happen(DB0, StartAsked())
    client = asks(talk, "wait", names=["db"], until="ready")
    host.forked(DB0, 7)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "is ready")]


def test_wait_for_ready_of_what_gave_up_fails_at_once(talk: Talk, host: FakeHost) -> None:
    host.happen(DB0, StartAsked())
    host.happen(DB0, SpawnFailed(Trouble.CONFIG, "exec x: no"))
    assert told(asks(talk, "wait", names=["db"], until="ready")) == [("db/0", False, "failed: exec x: no")]


def test_wait_for_ready_of_what_is_stopped_meanwhile_fails(talk: Talk, host: FakeHost) -> None:
    host.happen(DB0, StartAsked())
    client = asks(talk, "wait", names=["db"], until="ready")
    host.happen(DB0, StopAsked())
    host.forked(DB0, 7)
    host.dies(DB0, code=0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", False, "is stopped, and nothing starts it: udaemon start db/0")]


def test_wait_for_stopped(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "wait", names=["db"], until="stopped")
    host.happen(DB0, StopAsked())
    host.dies(DB0, code=0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "is stopped")]


def test_wait_for_a_good_run_looks_at_the_scoreboard(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 20)
    client = asks(talk, "wait", names=["mailer/0"], until="run-ok")
    host.slots[M0] = reading(20, count=1, last_id=1, last_outcome="failed")
    host.good_run(M0)
    assert not client.answered()
    host.slots[M0] = reading(20, count=2, last_id=2, last_outcome="ok")
    host.good_run(M0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("mailer/0", True, "has had a good run (run 2)")]


def test_wait_for_a_run_of_a_command_is_refused(talk: Talk) -> None:
    error = talk.ask("wait", names=["db"], until="run-ok")["error"]
    assert error["message"] == "db/0 is a command: it has no runs"


def test_wait_times_out(talk: Talk, host: FakeHost) -> None:
    host.happen(DB0, StartAsked())
    client = asks(talk, "wait", names=["db"], until="ready", timeout=2)
    talk.pass_time(2.0)
    talk.until(client.answered)
    assert client.heard[0]["error"]["exit_code"] == 124


def test_wait_knows_its_conditions(talk: Talk) -> None:
    error = talk.ask("wait", names=["db"], until="done")["error"]
    assert error["hint"] == "a daemon can be waited for: ready, stopped, run-ok"


def test_logs_tells_where_they_are(talk: Talk) -> None:
    assert talk.ask("logs", names=["mailer"])["data"] == {
        "logs": [{"name": "mailer", "instances": 2, "path": "/srv/shop/log/mailer-production.log", "chosen": [0, 1]}],
        "common": ["/srv/shop/log/events.log"],
    }


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


def test_a_daemon_nobody_declared_is_told_with_the_nearest(talk: Talk) -> None:
    for verb in ("start", "stop", "restart", "ps", "logs"):
        error = talk.ask(verb, names=["mialer"])["error"]
        assert error == {"message": "no such daemon: mialer", "hint": "did you mean mailer?", "exit_code": 4}


def test_an_instance_that_is_not_there_is_told_with_those_that_are(talk: Talk) -> None:
    error = talk.ask("stop", names=["mailer/2"])["error"]
    assert error == {"message": "no such instance: mailer/2", "hint": "there is mailer/0 to mailer/1", "exit_code": 4}


def test_globs_and_single_instances_mean_each_instance_once_in_the_manifests_order(talk: Talk, host: FakeHost) -> None:
    talk.ask("stop", names=["db", "m*/1", "mail?r", "mailer/1"])
    assert host.asked[-1][0] == (M0, M1, DB0)
    assert MAILER.instances + DB.instances == 3


def test_ps_tells_of_our_own_memory(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, os.getpid())
    (instance,) = talk.ask("ps", names=["db"])["data"]["instances"]
    assert instance["memory"]["rss"] > 1_000_000
