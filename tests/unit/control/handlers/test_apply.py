"""Tests of the verb `apply`: the plan that is sent, what is waited for, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Raw, Talk, asks, told

from udaemon.errors import ExitCode, ManifestError, Problem, UdaemonError
from udaemon.manifest.model import Daemon, Manifest
from udaemon.policy.events import SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

TASK = Daemon(name="task", factory="jobs:task")
COMMAND = Daemon(name="command", command=("c",))
T0, C0, N0 = Key("task", 0), Key("command", 0), Key("new", 0)


@pytest.fixture
def host() -> FakeHost:
    host = FakeHost(TASK, COMMAND)
    host.run(T0, 7)
    host.run(C0, 8)
    return host


def edited(host: FakeHost, *daemons: Daemon) -> Manifest:
    """The host's manifest with these daemons in place of its own."""
    return evolve(host.manifest, daemons={daemon.name: daemon for daemon in daemons})


def applies(talk: Talk, host: FakeHost, *daemons: Daemon, **args: object) -> Raw:
    """A client whose `apply` has read a manifest of these."""
    client = asks(talk, "apply", **args)
    host.readers.pop()(edited(host, *daemons))
    talk.settle()
    client.listen()
    return client


def plan(client: Raw) -> dict[str, Any]:
    """The plan that it was sent first."""
    sent: dict[str, Any] = client.heard[0]["data"]["plan"]
    return sent


def test_the_plan_comes_first_and_is_what_diff_says(talk: Talk, host: FakeHost) -> None:
    after = (TASK, evolve(COMMAND, command=("d",)), Daemon(name="new", command=("n",)))
    diff = asks(talk, "diff")
    host.readers.pop()(edited(host, *after))
    talk.until(diff.answered)
    client = applies(talk, host, *after)
    assert plan(client) == diff.heard[-1]["data"]
    assert host.changed == [(host.manifest, False)]


def test_it_waits_for_what_starts_stops_and_restarts_and_for_nothing_else(talk: Talk, host: FakeHost) -> None:
    client = applies(talk, host, evolve(TASK, umask=0o077), Daemon(name="new", command=("n",)))
    assert told(client) == []
    host.forked(N0, 9)
    host.dies(C0, signal=15)
    host.dies(T0, code=0)
    host.forked(T0, 10)
    talk.until(lambda: client.answered(5))
    assert told(client) == [
        ("new/0", True, "started as pid 9"),
        ("command/0", True, "stopped (was running 0.0 s)"),
        ("task/0", True, "restarted as pid 10"),
    ]
    assert client.heard[-1]["data"]["failed"] == 0


def test_what_changes_live_is_not_waited_for(talk: Talk, host: FakeHost) -> None:
    client = applies(talk, host, evolve(TASK, sleep=3.0), COMMAND)
    assert [one["applies"] for one in plan(client)["changed"]] == ["live"]
    assert client.heard[-1]["data"] == {"failed": 0}


def test_where_nothing_differs_the_answer_comes_at_once(talk: Talk, host: FakeHost) -> None:
    client = applies(talk, host, TASK, COMMAND)
    assert (plan(client)["unchanged"], client.heard[-1]["data"]) == (2, {"failed": 0})


def test_one_that_does_not_come_up_anew_is_a_failure(talk: Talk, host: FakeHost) -> None:
    client = applies(talk, host, TASK, evolve(COMMAND, command=("bad",)))
    host.dies(C0, signal=15)
    host.happen(C0, SpawnFailed(Trouble.CONFIG, "no such program: bad"))
    talk.until(lambda: client.answered(3))
    assert told(client) == [("command/0", False, "failed: no such program: bad")]
    assert client.heard[-1]["data"]["failed"] == 1


@pytest.mark.parametrize("now", [True, False])
def test_now_reaches_the_host(talk: Talk, host: FakeHost, now: bool) -> None:
    applies(talk, host, TASK, now=now)
    assert [at_once for _, at_once in host.changed] == [now]


def test_a_run_that_outlasts_the_wait_is_told_and_the_change_goes_on(talk: Talk, host: FakeHost) -> None:
    client = applies(talk, host, evolve(TASK, umask=0o077), COMMAND, wait_timeout=5)
    talk.pass_time(6.0)
    talk.until(lambda: client.answered(2))
    error = client.heard[-1]["error"]
    assert (error["message"], error["exit_code"]) == ("not within 5 s: task/0 is running", ExitCode.TIMED_OUT)
    host.dies(T0, code=0)
    assert host.spawned[-1] == T0


def test_a_manifest_that_cannot_be_used_changes_nothing(talk: Talk, host: FakeHost) -> None:
    problem = Problem("unknown-key", "no key 'slep'", "did you mean sleep?", "daemons.a.slep", "/m/udaemon.toml", 2, 1)
    client = asks(talk, "apply")
    host.readers.pop()(ManifestError((problem,)))
    talk.until(client.answered)
    assert client.heard[-1]["error"]["exit_code"] == ExitCode.USAGE
    assert client.heard[-1]["error"]["problems"] == [list(problem)]
    assert host.changed == []


def test_what_the_host_refuses_is_the_answer(talk: Talk, host: FakeHost) -> None:
    host.refuses = UdaemonError("there is no room", exit_code=ExitCode.FAILED)
    client = applies(talk, host, TASK)
    assert client.heard[-1]["error"]["message"] == "there is no room"
    assert talk.bugs == []


def test_who_has_gone_before_the_manifest_was_read_changes_nothing(talk: Talk, host: FakeHost) -> None:
    """Nobody has seen the plan."""
    client = asks(talk, "apply")
    client.socket.close()
    talk.settle()
    host.readers.pop()(edited(host, TASK))
    assert host.changed == []


def test_two_at_once_are_carried_out_one_after_the_other(talk: Talk, host: FakeHost) -> None:
    first, second = asks(talk, "apply"), asks(talk, "apply")
    one, two = host.readers
    one(edited(host, TASK, COMMAND, Daemon(name="new", command=("n",))))
    two(edited(host, TASK, COMMAND, Daemon(name="new", command=("n",))))
    talk.until(lambda: second.answered(2))
    first.listen()
    assert (plan(first)["added"], plan(second)["added"]) == (["new"], [])


@pytest.mark.parametrize("verb", ["start", "restart", "up", "wait"])
def test_who_waits_for_one_that_is_taken_away_is_told(talk: Talk, host: FakeHost, verb: str) -> None:
    host.dies(C0, code=1)
    client = asks(talk, verb, names=["command"], until="ready")
    assert told(client) == []
    host.take_away(C0)
    talk.until(lambda: client.answered(2))
    assert told(client) == [("command/0", False, "is declared no more")]
    assert client.heard[-1]["data"]["failed"] == 1
    assert talk.bugs == []
