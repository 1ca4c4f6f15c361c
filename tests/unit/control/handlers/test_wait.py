"""The verb `wait`: what it waits for, and when that is in vain."""

from __future__ import annotations

from tests.fakes.host import FakeHost, reading
from tests.unit.control.talk import Talk, asks, told

from udaemon.policy.events import SpawnFailed, StartAsked, StopAsked
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


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
