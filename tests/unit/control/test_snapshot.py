"""`ps --json`, key by key (docs/reference/contract.md, "JSON of ps")."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fakes.host import WALL, FakeHost, reading

from udaemon.control.snapshot import Moment, describe, snapshot, timestamp
from udaemon.manifest.model import Daemon
from udaemon.policy.events import SpawnFailed, StartAsked
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble

MAILER = Key("mailer", 0)
DAEMON = Daemon(name="mailer", factory="jobs.mail:create", sleep=30.0, log_dir="/srv/shop/log")
NOTHING_RAN = {"id": None, "started_at": None, "duration": None, "outcome": None, "error": None}


def shown(host: FakeHost) -> dict[str, Any]:
    moment = Moment(host.now(), WALL + host.clock - 1000.0)
    return snapshot(host, host.instances(), moment=moment, pid=1, node="box", rss=lambda pid, _: pid * 1000)


def test_the_whole_of_it() -> None:
    host = FakeHost(DAEMON, context="production")
    host.run(MAILER, 12)
    host.clock = 1012.1
    host.slots[MAILER] = reading(
        12,
        count=12,
        failed=1,
        late=2,
        next_at=1041.0,
        last_id=12,
        last_started_at=1011.0,
        last_duration=0.4000001,
        last_outcome="ok",
        duration_p50=0.4,
        duration_p95=0.6,
    )
    text = json.dumps(shown(host), indent=1)
    assert text == json.dumps(
        {
            "version": 1,
            "project": "shop",
            "context": "production",
            "supervisor": {"pid": 1, "started_at": "2026-11-24T14:00:00.000Z", "uptime": 12.1},
            "instances": [
                {
                    "name": "mailer",
                    "instance": 0,
                    "instances": 1,
                    "kind": "factory",
                    "state": "running",
                    "wanted": "up",
                    "activity": "sleeping",
                    "health": "unknown",
                    "status": None,
                    "pid": 12,
                    "started_at": "2026-11-24T14:00:00.000Z",
                    "uptime": 12.1,
                    "restarts": 0,
                    "drift": False,
                    "exit": {"code": None, "signal": None, "reason": None, "at": None},
                    "next_attempt_at": None,
                    "runs": {
                        "count": 12,
                        "failed": 1,
                        "late": 2,
                        "missed": 0,
                        "current_started_at": None,
                        "last": {
                            "id": 12,
                            "started_at": "2026-11-24T14:00:11.000Z",
                            "duration": 0.4,
                            "outcome": "ok",
                            "error": None,
                        },
                        "duration_p50": 0.4,
                        "duration_p95": 0.6,
                        "next_at": "2026-11-24T14:00:41.000Z",
                    },
                    "memory": {"rss": 12000, "limit": None, "threshold": None},
                    "log": "/srv/shop/log/mailer-production.log",
                    "log_state": "ok",
                    "host": "box",
                }
            ],
        },
        indent=1,
    )


def test_before_anything_ran_the_shape_is_the_same() -> None:
    host = FakeHost(DAEMON)
    (instance,) = shown(host)["instances"]
    assert instance["state"] == "stopped"
    assert instance["wanted"] == "down"
    assert instance["runs"] == {
        "count": 0,
        "failed": 0,
        "late": 0,
        "missed": 0,
        "current_started_at": None,
        "last": NOTHING_RAN,
        "duration_p50": None,
        "duration_p95": None,
        "next_at": None,
    }
    assert [instance[key] for key in ("activity", "pid", "started_at", "uptime", "next_attempt_at")] == [None] * 5
    assert instance["memory"] == {"rss": None, "limit": None, "threshold": None}


def test_a_memory_limit_is_told_with_its_threshold() -> None:
    host = FakeHost(Daemon(name="mailer", factory="a:b", memory_limit=256 * 1024**2))
    (instance,) = shown(host)["instances"]
    assert instance["memory"] == {"rss": None, "limit": 268435456, "threshold": 70.0}


def test_a_command_has_no_activity() -> None:
    host = FakeHost(Daemon(name="mailer", command=("x",)))
    host.run(MAILER, 12)
    (instance,) = shown(host)["instances"]
    assert (instance["kind"], instance["activity"]) == ("command", None)


def test_a_function_that_is_the_task_has_a_kind_of_its_own() -> None:
    host = FakeHost(Daemon(name="mailer", task="jobs.mail:send"))
    (instance,) = shown(host)["instances"]
    assert instance["kind"] == "task"


def test_a_run_under_way() -> None:
    host = FakeHost(DAEMON)
    host.run(MAILER, 12)
    host.slots[MAILER] = reading(12, current_started_at=1000.5)
    (instance,) = shown(host)["instances"]
    assert instance["activity"] == "in-run"
    assert instance["runs"]["current_started_at"] == "2026-11-24T14:00:00.500Z"


def test_the_last_words_of_a_process_that_has_gone_are_not_taken_for_present() -> None:
    host = FakeHost(DAEMON)
    host.run(MAILER, 12)
    host.slots[MAILER] = reading(12, count=3, last_id=3, current_started_at=1000.5, next_at=1001.0)
    host.dies(MAILER, signal=9)
    host.forked(MAILER, 13)
    (instance,) = shown(host)["instances"]
    assert instance["restarts"] == 1
    assert instance["exit"] == {"code": None, "signal": 9, "reason": "killed", "at": "2026-11-24T14:00:00.000Z"}
    assert instance["activity"] is None
    assert instance["runs"]["count"] == 3
    assert (instance["runs"]["current_started_at"], instance["runs"]["next_at"]) == (None, None)


def test_backoff_tells_the_next_attempt_and_the_last_error() -> None:
    host = FakeHost(DAEMON)
    host.run(MAILER, 12)
    host.errors[MAILER] = "ValueError: no such queue"
    host.slots[MAILER] = reading(12, count=1, failed=1, last_id=1, last_outcome="failed")
    for pid in (13, 14):
        host.dies(MAILER, code=1, message="ValueError: no such queue")
        host.forked(MAILER, pid)
    (instance,) = shown(host)["instances"]
    assert instance["state"] == "backoff"
    assert instance["next_attempt_at"] == "2026-11-24T14:00:01.000Z"
    assert instance["runs"]["last"]["error"] == "ValueError: no such queue"


def test_f15_an_error_before_the_first_run_is_told_too() -> None:
    host = FakeHost(DAEMON)
    host.happen(MAILER, StartAsked())
    host.happen(MAILER, SpawnFailed(Trouble.CONFIG, "no module named 'jobs'"))
    (instance,) = shown(host)["instances"]
    assert instance["state"] == "failed"
    assert instance["runs"]["last"] == NOTHING_RAN | {"error": "no module named 'jobs'"}


def test_an_error_is_over_when_a_run_went_well() -> None:
    host = FakeHost(DAEMON)
    host.run(MAILER, 12)
    host.errors[MAILER] = "ValueError: old"
    host.slots[MAILER] = reading(12, count=2, failed=1, last_id=2, last_outcome="ok")
    (instance,) = shown(host)["instances"]
    assert instance["runs"]["last"]["error"] is None


@pytest.mark.parametrize("hostile", [2.0**40 - 1, 1e12, -1e12])
def test_a_time_that_no_calendar_holds_is_unknown(hostile: float) -> None:
    host = FakeHost(DAEMON)
    host.run(MAILER, 12)
    host.slots[MAILER] = reading(12, next_at=hostile)
    view = host.view(MAILER)
    assert (
        describe(view, moment=Moment(0.0, WALL), node="box", rss=lambda _pid, _children: None)["runs"]["next_at"]
        is None
    )


def test_f11_times_are_shown_by_the_wall_clock_of_the_moment() -> None:
    assert Moment(10.0, WALL + 3600.0).at(9.0) == "2026-11-24T14:59:59.000Z"
    assert timestamp(0.0004) == "1970-01-01T00:00:00.000Z"


def test_two_who_ask_after_one_time_a_moment_apart_read_the_same() -> None:
    """Each reads both clocks, which drift by some microseconds between the two."""
    shown = {Moment(now, WALL + now + drift).at(0.0004995) for now, drift in ((10.0, 0.0), (12.0, 2e-6))}

    assert len(shown) == 1


def test_a_reader_that_is_held_up_between_the_clocks_shows_the_same_time() -> None:
    """Under load the processor is given to somebody else between two calls."""
    now = 10.0

    def clock() -> float:
        nonlocal now
        now += next(held_up, 0.0)
        return now

    held_up = iter([0.0, 0.007, 0.0, 0.0, 0.003])

    assert Moment.read(clock, lambda: WALL + now).at(9.0) == Moment(10.0, WALL + 10.0).at(9.0)


@pytest.mark.parametrize(
    ("keys", "beside", "shown"),
    [
        ({"cron": "@hourly"}, -0.0006, "15:00:00.000"),
        ({"cron": "@hourly"}, 0.004, "15:00:00.000"),
        ({"cron": "@hourly"}, 0.3, "15:00:00.300"),
        ({"cron": "@hourly", "jitter": 5.0}, -0.004, "14:59:59.996"),
        ({"cron": "@hourly", "stagger": True}, -0.004, "14:59:59.996"),
        ({"sleep": 30.0}, -0.004, "14:59:59.996"),
        ({"sleep": 30.0}, -0.0004, "15:00:00.000"),
    ],
)
def test_what_the_calendar_has_due_is_shown_at_its_second(keys: dict[str, Any], beside: float, shown: str) -> None:
    """The moment is kept on another clock, and would be told as a millisecond before the minute."""
    host = FakeHost(Daemon(name="mailer", factory="jobs.mail:create", log_dir="/srv/shop/log", **keys))
    host.run(MAILER, 12)
    host.slots[MAILER] = reading(12, next_at=3600.0 + beside)
    (view,) = host.instances()
    told = describe(view, moment=Moment(0.0, WALL), node="box", rss=lambda _pid, _children: None)
    assert told["runs"]["next_at"] == f"2026-11-24T{shown}Z"
