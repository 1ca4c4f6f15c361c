"""Verbs that ask something of instances, and when they answer: the host is a fake, the policy the real one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks, told

from udaemon.manifest.model import Daemon, Restart
from udaemon.policy.events import Spawned, SpawnFailed, StartAsked, StopAsked, Trouble
from udaemon.policy.instance import Key

M0, M1, DB0 = Key("mailer", 0), Key("mailer", 1), Key("db", 0)


def test_start_answers_when_each_instance_runs(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "start", names=["mailer"])
    assert host.asked == [((M0, M1), StartAsked())]
    assert host.spawned == [M0, M1]
    host.forked(M1, 21)
    talk.until(lambda: client.answered(1))
    host.forked(M0, 20)
    talk.until(lambda: client.answered(3))
    assert told(client) == [("mailer/1", True, "started as pid 21"), ("mailer/0", True, "started as pid 20")]
    assert client.heard[-1] == {"ok": True, "data": {"failed": 0}, "more": False}
    assert host.subscribers == []


def test_start_of_what_runs_is_done_already(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "start", names=["db"])
    assert told(client) == [("db/0", True, "runs already as pid 7")]
    assert client.heard[-1]["data"] == {"failed": 0}


def test_start_tells_what_failed_and_why(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "start", names=["db"])
    host.happen(DB0, SpawnFailed(Trouble.CONFIG, "exec redis-server: No such file or directory (ENOENT)"))
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", False, "failed: exec redis-server: No such file or directory (ENOENT)")]
    assert client.heard[-1]["data"] == {"failed": 1}


def test_start_of_what_crashes_is_told_when_it_has_to_wait(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "start", names=["mailer/0"])
    for pid in (20, 21):
        host.happen(M0, Spawned(pid))
        host.dies(M0, code=1, message="ImportError: no module")
    talk.until(lambda: client.answered(2))
    assert told(client) == [("mailer/0", False, "did not stay up and is tried again: ImportError: no module")]


def test_start_of_what_ends_well_is_told_so(serve: Callable[..., Talk]) -> None:
    host = FakeHost(Daemon(name="once", factory="m:f", restart=Restart.NEVER))
    talk = serve(host)
    client = asks(talk, "start")
    host.happen(Key("once", 0), Spawned(5))
    host.dies(Key("once", 0), code=0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("once/0", True, "started and ended: exit code 0")]


def test_start_of_what_is_disabled_fails(serve: Callable[..., Talk]) -> None:
    talk = serve(FakeHost(Daemon(name="old", command=("x",), enabled=False)))
    assert told(asks(talk, "start", names=["old"])) == [("old/0", False, "not started: it is disabled in the manifest")]


def test_start_while_the_supervisor_ends_is_refused(talk: Talk, host: FakeHost) -> None:
    host.down.append((False, None))
    assert told(asks(talk, "start", names=["db"])) == [("db/0", False, "not started: it was asked to stop meanwhile")]


def test_start_that_takes_too_long_is_told_with_what_is_missing(talk: Talk, host: FakeHost) -> None:
    client = asks(talk, "start", names=["mailer"], wait_timeout=3)
    host.forked(M0, 20)
    talk.pass_time(3.0)
    talk.until(lambda: client.answered(2))
    assert client.heard[-1]["error"] == {
        "message": "not within 3 s: mailer/1 is starting",
        "hint": None,
        "exit_code": 124,
    }
    assert host.subscribers == []
    assert host.view(M1).instance.wanted == "up"


def test_stop_answers_when_each_instance_has_stopped(talk: Talk, host: FakeHost) -> None:
    host.run(M0, 20)
    host.run(DB0, 7)
    host.clock += 12.0
    client = asks(talk, "stop", names=["mailer/0", "db"], timeout=4)
    assert host.asked[-1] == ((M0, DB0), StopAsked(timeout=4.0))
    assert host.sent == [(M0, "TERM"), (DB0, "TERM")]
    host.dies(DB0, signal=15)
    host.dies(M0, code=0)
    talk.until(lambda: client.answered(3))
    assert told(client) == [
        ("db/0", True, "stopped (was running 12 s)"),
        ("mailer/0", True, "stopped (was running 12 s)"),
    ]


def test_stop_of_what_does_not_run_is_done_already(talk: Talk) -> None:
    assert told(asks(talk, "stop", names=["db"])) == [("db/0", True, "was not running (stopped)")]


def test_stop_tells_that_it_took_a_kill(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "stop", names=["db"], hurry=True)
    host.clock += 0.1
    host.dies(DB0, signal=9)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "stopped by SIGKILL (was running 0.1 s)")]


def test_stop_in_backoff_ends_the_waiting(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    host.dies(DB0, code=1)
    host.forked(DB0, 8)
    host.dies(DB0, code=1)
    assert host.view(DB0).instance.state == "backoff"
    assert told(asks(talk, "stop", names=["db"])) == [("db/0", True, "stopped (was waiting to be started again)")]


def test_f39_twenty_stops_at_once_all_get_the_final_state(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    clients = [asks(talk, "stop", names=["db"]) for _ in range(20)]
    assert host.sent == [(DB0, "TERM")]
    host.dies(DB0, code=0)
    talk.until(lambda: all(client.answered(2) for client in clients))
    assert {client.heard[-1]["data"]["failed"] for client in clients} == {0}


def test_restart_answers_when_the_new_process_runs(talk: Talk, host: FakeHost) -> None:
    host.run(DB0, 7)
    client = asks(talk, "restart", names=["db"])
    assert client.heard == []
    host.dies(DB0, signal=15)
    host.forked(DB0, 8)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("db/0", True, "restarted as pid 8")]


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


def test_signal_is_sent_to_those_that_live(talk: Talk, host: FakeHost) -> None:
    host.run(M1, 21)
    answer = talk.ask("signal", names=["mailer"], signal="sighup")
    assert host.sent == [(M1, "HUP")]
    assert answer["data"] == {"signal": "HUP", "sent": ["mailer/1"], "not_running": ["mailer/0"]}


@pytest.mark.parametrize("spelled", ["USR1", "sigusr1", "SIGUSR1", "10"])
def test_a_signal_may_be_spelled_in_any_usual_way(talk: Talk, host: FakeHost, spelled: str) -> None:
    host.run(DB0, 7)
    talk.ask("signal", names=["db"], signal=spelled)
    assert host.sent == [(DB0, "USR1")]


def test_a_signal_that_is_none_is_refused_with_the_nearest(talk: Talk, host: FakeHost) -> None:
    error = talk.ask("signal", names=["db"], signal="TERN")["error"]
    assert error == {"message": "no such signal: TERN", "hint": "did you mean TERM?", "exit_code": 2}
    assert host.sent == []
