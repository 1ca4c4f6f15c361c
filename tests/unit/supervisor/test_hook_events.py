"""Which event a notice is for a hook, and the event as JSON and as variables."""

from __future__ import annotations

import json

import pytest
from tests.fakes.life import Life, command, factory

from udaemon.engines.hooks.job import LONGEST_PAYLOAD
from udaemon.manifest.probes import Ready
from udaemon.policy.effects import EventName
from udaemon.policy.events import Exited, RunDue, Spawned, StartAsked
from udaemon.supervisor.hook_events import Happening, Run, named

WALL = 1_795_528_800.0


@pytest.mark.parametrize(
    ("life", "word", "events"),
    [
        (Life.running(command()), EventName.STARTED, ("start", "ready")),
        (Life.running(factory()), EventName.STARTED, ("start",)),
        (Life(command(ready=Ready(tcp=":1"))).happens(StartAsked(), Spawned(7)), EventName.STARTED, ("start",)),
        (Life.running(factory()), EventName.READY, ("ready",)),
        (Life.running(factory()), EventName.FAILED, ("failed",)),
        (Life.running(factory()), EventName.UNREADY, ("health",)),
        (Life.running(factory()), EventName.STOPPED, ()),
        (Life.running(command()).happens(Exited(code=1)), EventName.EXITED, ()),
    ],
)
def test_a_notice_is_an_event_or_none(life: Life, word: str, events: tuple[str, ...]) -> None:
    assert named(word, life.instance) == events


@pytest.mark.parametrize(("code", "event"), [(0, "task-done"), (1, "task-failed")])
def test_the_end_of_a_scheduled_command_is_that_of_a_run(code: int, event: str) -> None:
    life = Life(command(cron="@daily")).happens(StartAsked(), RunDue(), Spawned(7), Exited(code=code))
    assert named(EventName.EXITED, life.instance) == (event,)


def happening(message: str = "pid 7", run: Run | None = None) -> Happening:
    return Happening(event="start", instance=Life.running(command()).instance, at=WALL, message=message, run=run)


def test_an_event_is_json_of_one_shape() -> None:
    said = json.loads(happening(run=Run(3, 0.5, started=WALL - 1)).payload())
    assert (said["version"], said["event"], said["name"], said["pid"]) == (1, "start", "db", 7)
    assert said["at"] == "2026-11-24T14:00:00.000Z"
    assert (said["run"]["id"], said["run"]["started_at"]) == (3, "2026-11-24T13:59:59.000Z")
    assert said["exit"] is None


def test_whatever_a_daemon_says_an_event_is_no_longer_than_a_pipe_takes() -> None:
    assert len(happening("ä" * 100_000, Run(1, 1.0, error="x" * 100_000)).payload()) <= LONGEST_PAYLOAD


def test_a_secret_in_a_message_is_not_told_on() -> None:
    told = happening("cannot reach https://me:hunter2@db/")
    assert "hunter2" not in told.payload() + str(told.variables())


def test_variables_say_what_is_known_and_nothing_else() -> None:
    found = happening().variables()
    assert (found["UDAEMON_EVENT"], found["UDAEMON_PID"], found["UDAEMON_STATE"]) == ("start", "7", "running")
    assert "UDAEMON_EXIT_CODE" not in found


@pytest.mark.parametrize("started", [float("inf"), float("nan"), 1e30, -1e30])
def test_a_time_that_is_none_harms_nobody(started: float) -> None:
    assert Run(1, 1.0, started=started).facts(WALL)["started_at"] == "1970-01-01T00:00:00.000Z"
