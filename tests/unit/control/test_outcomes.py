"""When an instance that was asked for something has settled, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from udaemon.control.outcomes import started, stopped, up, why_not_up
from udaemon.manifest.model import Daemon, Ready, Restart
from udaemon.policy.instance import Exit, Instance, Key, State, Turn, Wanted, declared
from udaemon.policy.reasons import Reason
from udaemon.supervisor.view import InstanceView

CRASH = Exit(code=3, signal=None, core=False, reason=Reason.EXITED, at=90.0)
KILLED = Exit(code=None, signal=9, core=False, reason=Reason.KILLED, at=90.0)


def instance(state: State, **fields: Any) -> Instance:
    return evolve(declared(Daemon(name="db", command=("db",)), 0), state=state, **fields)


def on_a_schedule(state: State, **fields: Any) -> Instance:
    return evolve(declared(Daemon(name="tidy", command=("tidy",), sleep=60.0), 0), state=state, **fields)


def view(one: Instance) -> InstanceView:
    return InstanceView(
        key=Key("db", 0), daemon=one.daemon, instance=one, read_slot=lambda: None, log_states={},
        last_error=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "ok", "message"),
    [
        (instance(State.RUNNING, pid=7), True, "started as pid 7"),
        (on_a_schedule(State.RUNNING, pid=7), True, "runs on its schedule"),
        (on_a_schedule(State.WAITING), True, "runs on its schedule"),
        (instance(State.EXITED, exit=evolve(CRASH, code=0)), True, "started and ended: exit code 0"),
        (instance(State.FAILED, message="no such file"), False, "failed: no such file"),
        (instance(State.FAILED, pid=7), False, "not started: pid 7 cannot be killed"),
        (instance(State.FAILED, survivors=(7, 8)), False, "not started: pids 7, 8 cannot be killed"),
        (instance(State.BACKOFF, exit=CRASH), False, "did not stay up and is tried again: exit code 3"),
        (instance(State.DISABLED), False, "not started: it is disabled in the manifest"),
        (instance(State.STOPPED, wanted=Wanted.DOWN), False, "not started: it was asked to stop meanwhile"),
        (instance(State.STARTING, held_up=True, pid=7, message="exec x"), False, "is held up as pid 7: exec x"),
    ],
)
def test_a_start_has_settled(one: Instance, ok: bool, message: str) -> None:
    outcome = started(view(one), done="started")
    assert outcome is not None
    assert (outcome.ok, outcome.message) == (ok, message)


@pytest.mark.parametrize("state", [State.STARTING, State.STOPPING])
def test_one_that_is_on_its_way_has_not_settled(state: State) -> None:
    assert started(view(instance(state)), done="started") is None
    assert stopped(view(instance(state)), instance(State.RUNNING)) is None


RUNNING = instance(State.RUNNING, pid=7, started_at=80.0)


@pytest.mark.parametrize(
    ("before", "now", "ok", "message"),
    [
        (RUNNING, instance(State.STOPPED, exit=CRASH), True, "stopped (was running 10 s)"),
        (RUNNING, instance(State.STOPPED, exit=KILLED), True, "stopped by SIGKILL (was running 10 s)"),
        (instance(State.BACKOFF), instance(State.STOPPED), True, "stopped (was waiting to be started again)"),
        (instance(State.EXITED), instance(State.EXITED), True, "was not running (exited)"),
        (RUNNING, instance(State.FAILED, pid=7), False, "cannot be killed: pid 7 lives on"),
        (RUNNING, instance(State.FAILED, survivors=(8,)), False, "cannot be killed: pid 8 lives on"),
        (RUNNING, instance(State.RUNNING, pid=9, wanted=Wanted.UP), False, "was asked to start again meanwhile"),
    ],
)
def test_a_stop_has_settled(before: Instance, now: Instance, ok: bool, message: str) -> None:
    outcome = stopped(view(now), before)
    assert outcome is not None
    assert (outcome.ok, outcome.message) == (ok, message)


SERVICE = Daemon(name="db", command=("db",))
LOCKED = {
    "state": State.WAITING,
    "pid": None,
    "held_back": True,
    "place": 1,
    "message": "waiting for lock db, held by other",
    "turn": Turn(start="for lock db, held by other", locked=True),
}
ONCE = Daemon(name="db", command=("db",), restart=Restart.NEVER)
TASK = Daemon(name="db", task="jobs:db", sleep=30.0)
NIGHTLY = Daemon(name="db", command=("db",), cron="@daily")
HOURLY = Daemon(name="db", command=("db",), sleep=3600.0)


@pytest.mark.parametrize(
    ("daemon", "fields", "ok"),
    [
        (SERVICE, {"state": State.RUNNING}, True),
        (SERVICE, {"state": State.EXITED}, True),
        (SERVICE, {"state": State.BACKOFF}, None),
        (SERVICE, {"state": State.FAILED}, False),
        (ONCE, {"state": State.RUNNING}, None),
        (ONCE, {"state": State.EXITED}, True),
        (ONCE, {"state": State.FAILED, "exit": CRASH}, False),
        (TASK, {"state": State.RUNNING}, None),
        (TASK, {"state": State.RUNNING, "good_run": True}, True),
        (TASK, {"state": State.RUNNING, "paused": True}, True),
        (TASK, {"state": State.BACKOFF, "good_run": True}, None),
        (TASK, {"state": State.EXITED}, True),
        (evolve(TASK, sleep=0.0), {"state": State.RUNNING}, None),
        (evolve(TASK, cron="@daily"), {"state": State.RUNNING}, True),
        (evolve(TASK, run_on_start=False), {"state": State.RUNNING}, True),
        (evolve(TASK, ready=Ready(tcp=":80")), {"state": State.RUNNING}, True),
        (NIGHTLY, {"state": State.WAITING}, True),
        (evolve(NIGHTLY, run_on_start=True), {"state": State.WAITING}, None),
        (HOURLY, {"state": State.WAITING}, None),
        (HOURLY, {"state": State.RUNNING}, None),
        (HOURLY, {"state": State.WAITING, "good_run": True}, True),
        (HOURLY, {"state": State.WAITING, "message": "exit code 3"}, False),
        (SERVICE, LOCKED, None),
        (ONCE, LOCKED, None),
        (HOURLY, LOCKED, None),
        (HOURLY, LOCKED | {"good_run": True}, True),
        (NIGHTLY, LOCKED, True),
        (evolve(HOURLY, restart=Restart.NEVER), {"state": State.WAITING, "good_run": True}, True),
    ],
)
def test_it_is_up_when_it_is_there_for_what_it_is_for(daemon: Daemon, fields: dict[str, Any], ok: bool | None) -> None:
    outcome = up(view(evolve(declared(daemon, 0), wanted=Wanted.UP, **{"pid": 7, **fields})))
    assert (None if outcome is None else outcome.ok) == ok


@pytest.mark.parametrize(
    ("daemon", "fields", "said"),
    [
        (ONCE, {"state": State.RUNNING}, "is running, and has not ended yet"),
        (TASK, {"state": State.RUNNING}, "is running, and has had no good run yet"),
        (TASK, {"state": State.BACKOFF, "message": "exit code 3"}, "is backoff: exit code 3"),
        (SERVICE, {"state": State.STARTING, "message": "not ready yet: x"}, "is starting: not ready yet: x"),
        (SERVICE, {"state": State.WAITING, "held_back": True, "message": "waiting for a"}, "is waiting for a"),
    ],
)  # fmt: skip
def test_what_one_lacks_is_said(daemon: Daemon, fields: dict[str, Any], said: str) -> None:
    assert why_not_up(view(evolve(declared(daemon, 0), **fields))) == said
