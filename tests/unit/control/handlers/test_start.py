"""The verb `start`: when it answers, and what of each instance; the host is a fake, the policy the real one."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk, asks, told

from udaemon.manifest.model import Daemon, Restart
from udaemon.policy.events import Spawned, SpawnFailed, StartAsked
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

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
