"""What becomes of an instance by the answers of its process."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory

from udaemon.manifest.model import Restart
from udaemon.manifest.probes import Action, Health, Ready
from udaemon.policy import events, ledger
from udaemon.policy.events import Changed, Exited, Notified, Said, Spawned, StartAsked, StopAsked, Verdict
from udaemon.policy.instance import State
from udaemon.policy.probing import asked, health
from udaemon.policy.questions import Question, Teller
from udaemon.policy.reasons import Reason

READY = Ready(tcp=":1", within=30.0)
HEALTH = Health(http="http://x/")


def said(question: Question, *, ok: bool, reason: str = "why", pid: int = 7) -> Verdict:
    return Verdict(question, pid, ok, reason)


def begun(**keys: object) -> Life:
    """A life whose process is there, and asked whether it is ready."""
    return Life(command(**{"ready": READY, **keys})).happens(StartAsked(), Spawned(7))


def test_a_command_is_starting_until_it_answers_that_it_is_ready() -> None:
    life = begun()
    assert (life.state, life.waits, set(asked(life.instance))) == (State.STARTING, 30.0, {Question.READY})
    life.happens(said(Question.READY, ok=False, reason="connection refused"))
    assert (life.state, life.instance.message) == (State.STARTING, "not ready yet: connection refused")
    life.happens(said(Question.READY, ok=True))
    assert (life.state, life.waits, life.instance.message) == (State.RUNNING, None, None)
    assert life.told == ("ready: why",)


def test_a_task_is_asked_once_it_is_built() -> None:
    life = Life(factory(ready=READY)).happens(StartAsked(), Spawned(7))
    assert (asked(life.instance), life.waits) == ({}, None)
    life.happens(events.Ready())
    assert (life.state, life.waits, set(asked(life.instance))) == (State.STARTING, 30.0, {Question.READY})
    life.after(10).happens(events.Ready())
    assert life.waits == 20.0, "a second word of it changes nothing"
    life.happens(said(Question.READY, ok=True))
    assert life.state is State.RUNNING


@pytest.mark.parametrize("end", [Exited(signal=15), Exited(code=0), Exited(code=1)])
def test_one_that_is_not_ready_in_time_has_crashed_however_it_ends(end: Exited) -> None:
    life = begun().happens(said(Question.READY, ok=False, reason="HTTP 503")).after(30)
    assert life.state is State.STOPPING
    assert life.told[0] == "unready: not ready within 30 s: HTTP 503"
    life.happens(end)
    assert life.instance.exit is not None
    assert (life.instance.exit.reason, life.instance.crashes) == (Reason.UNREADY, 1)
    assert life.instance.is_spawning


def test_one_that_is_not_restarted_has_failed_with_the_reason() -> None:
    life = begun(restart=Restart.NEVER).happens(said(Question.READY, ok=False, reason="no")).after(30)
    life.happens(Exited(code=0))
    assert (life.state, life.instance.message) == (State.FAILED, "not ready within 30 s: no")


def test_one_that_does_not_heed_the_stop_is_killed() -> None:
    life = begun().after(30)
    assert life.waits == 10.0
    life.after(10)
    assert life.instance.killing


def test_readiness_that_is_lost_kills_nobody_and_comes_back() -> None:
    life = begun().happens(said(Question.READY, ok=True)).happens(said(Question.READY, ok=False, reason="HTTP 503"))
    assert (life.state, health(life.instance), life.acts, life.waits) == (State.RUNNING, "unready", (), None)
    assert life.told == ("unready: HTTP 503",)
    life.happens(said(Question.READY, ok=True))
    assert (life.state, health(life.instance), life.instance.message) == (State.RUNNING, "ok", None)
    assert life.told == ("ready: is ready again: why",)


def test_by_uptime_it_is_ready_when_it_has_stayed_up() -> None:
    life = begun(ready=Ready(uptime=5.0))
    assert (life.state, life.waits, asked(life.instance)) == (State.STARTING, 5.0, {})
    life.after(5)
    assert (life.state, life.told) == (State.RUNNING, ("ready: is up for 5 s",))


def test_health_is_asked_only_once_it_is_ready() -> None:
    life = begun(health=HEALTH)
    assert set(asked(life.instance)) == {Question.READY}
    assert health(life.instance) == "unknown"
    life.happens(said(Question.READY, ok=True))
    assert set(asked(life.instance)) == {Question.READY, Question.HEALTH}
    assert health(life.instance) == "unknown"
    life.happens(said(Question.HEALTH, ok=True))
    assert (health(life.instance), life.told) == ("ok", ())


def test_one_that_is_not_well_is_restarted_as_after_a_crash() -> None:
    life = Life.running(command(health=HEALTH)).happens(said(Question.HEALTH, ok=False, reason="HTTP 500"))
    assert (life.state, life.told[0]) == (State.STOPPING, "failing: unhealthy: HTTP 500")
    life.happens(Exited(code=0))
    assert life.instance.exit is not None
    assert (life.state, life.instance.exit.reason, life.instance.crashes) == (State.STARTING, Reason.UNHEALTHY, 1)
    life.happens(Spawned(8))
    assert (life.state, health(life.instance), life.instance.restarts) == (State.RUNNING, "unknown", 1)


def test_one_that_is_only_marked_goes_on() -> None:
    life = Life.running(command(health=evolve(HEALTH, action=Action.MARK)))
    life.happens(said(Question.HEALTH, ok=False, reason="HTTP 500"))
    assert (life.state, health(life.instance), life.acts) == (State.RUNNING, "failing", ())
    assert life.instance.message == "unhealthy: HTTP 500"
    life.happens(said(Question.HEALTH, ok=True))
    assert (health(life.instance), life.told) == ("ok", ("healthy: why",))
    assert life.instance.message is None


def test_an_answer_of_another_process_or_of_one_that_stops_is_late() -> None:
    life = Life.running(command(health=HEALTH))
    before = life.instance
    life.happens(said(Question.HEALTH, ok=False, pid=6))
    assert (life.instance, life.effects) == (before, ())
    stopping = life.happens(StopAsked()).instance
    assert life.happens(said(Question.HEALTH, ok=False)).instance == stopping
    assert asked(stopping) == {}


def test_one_that_is_stopped_while_it_is_ended_for_its_health_stays_down() -> None:
    life = Life.running(command(health=HEALTH)).happens(said(Question.HEALTH, ok=False), StopAsked(), Exited(signal=15))
    assert life.state is State.STOPPED


def test_by_its_own_word_it_is_ready_and_the_status_is_kept_for_as_long_as_it_lives() -> None:
    life = begun(ready=Ready(notify=True))
    assert (life.state, asked(life.instance)) == (State.STARTING, {})
    life.happens(Notified(ready=False, watchdog=False, status="loads"))
    assert (life.state, life.instance.probed.status) == (State.STARTING, "loads")
    life.happens(Notified(ready=True, watchdog=False, status=None))
    assert (life.state, life.told, life.waits) == (State.RUNNING, ("ready: says READY=1",), None)
    assert life.happens(Exited(code=1)).instance.probed.status is None


def test_one_that_was_not_to_say_so_is_not_ready_by_its_word() -> None:
    life = begun().happens(Notified(ready=True, watchdog=True, status=None))
    assert life.state is State.STARTING


def test_a_watchdog_has_a_period_for_each_failure_from_when_it_is_ready_and_from_each_word() -> None:
    life = begun(ready=Ready(notify=True), health=Health(notify=True, period=10.0, failures=3, delay=5.0))
    assert life.waits == 60.0
    life.happens(Notified(ready=True, watchdog=False, status=None))
    assert life.waits == 35.0
    life.after(20).happens(Notified(ready=False, watchdog=True, status=None))
    assert (life.waits, health(life.instance)) == (30.0, "ok")
    life.after(30)
    assert life.state is State.STOPPING
    assert life.told[0] == "failing: unhealthy: no WATCHDOG=1 for 30 s"


def test_a_silent_one_that_is_only_marked_is_well_again_by_its_next_word() -> None:
    life = Life.running(command(health=Health(notify=True, action=Action.MARK))).after(30)
    assert (life.state, health(life.instance), life.waits) == (State.RUNNING, "failing", None)
    life.happens(Notified(ready=False, watchdog=True, status=None))
    assert (health(life.instance), life.told, life.waits) == ("ok", ("healthy: says WATCHDOG=1",), 30.0)


def line(question: Question, *, ok: bool = True) -> Said:
    return Said(Teller.LOG_LINE, question, ok, "says: up")


def test_a_line_makes_it_ready_also_where_it_is_read_before_its_process_is_known() -> None:
    ready = Ready(log_line="up")
    life = begun(ready=ready).happens(line(Question.READY))
    assert (life.state, life.waits, health(life.instance), life.told) == (
        State.RUNNING,
        None,
        "ok",
        ("ready: says: up",),
    )
    early = Life(command(ready=ready)).happens(StartAsked(), line(Question.READY), Spawned(7))
    assert (early.state, early.waits) == (State.RUNNING, None)
    early.happens(Exited(code=1))
    assert (early.instance.is_spawning, early.instance.probed.heard) == (True, None)
    assert early.happens(Spawned(8)).state is State.STARTING


def test_a_line_counts_only_where_lines_are_to_tell_it() -> None:
    life = begun().happens(line(Question.READY))
    assert life.state is State.STARTING
    life = begun(ready=Ready(log_line="up")).happens(Notified(ready=True, watchdog=False, status=None))
    assert life.state is State.STARTING


def test_one_that_has_to_write_lines_has_a_bound_for_silence() -> None:
    life = begun(ready=Ready(), health=Health(log_line="up", period=10.0, failures=3))
    assert (life.state, life.waits, health(life.instance)) == (State.RUNNING, 30.0, "unknown")
    life.after(20).happens(line(Question.HEALTH))
    assert (life.waits, health(life.instance)) == (30.0, "ok")
    life.after(30)
    assert life.instance.condemned is Reason.UNHEALTHY
    assert life.told[0] == "failing: unhealthy: no line that says that it is well for 30 s"


def test_how_it_is_told_may_change_while_it_runs() -> None:
    life = begun(ready=Ready(), health=Health(log_line="up", period=10.0, failures=3))
    for keys, waits in (({}, None), ({"health": Health(tcp=":1")}, None), ({"health": Health(log_line="x")}, 30.0)):
        life.happens(Changed(command(**keys), life.instance.plan))
        assert (life.state, life.waits) == (State.RUNNING, waits)


def task(question: Question, *, ok: bool = True) -> Said:
    return Said(Teller.TASK, question, ok, "why")


BOTH = events.Ready((Question.READY, Question.HEALTH))


def test_a_task_with_methods_is_ready_and_well_as_they_say() -> None:
    life = Life(factory(health=Health(action=Action.MARK))).happens(StartAsked(), Spawned(7), BOTH)
    assert (life.state, life.waits) == (State.STARTING, 60.0)
    life.happens(task(Question.READY, ok=False))
    assert life.instance.message == "not ready yet: why"
    life.happens(task(Question.HEALTH, ok=False), task(Question.READY))
    assert (life.state, life.waits, health(life.instance)) == (State.RUNNING, None, "unknown")
    life.happens(task(Question.HEALTH))
    assert health(life.instance) == "ok"
    life.happens(task(Question.HEALTH, ok=False))
    assert (health(life.instance), life.told) == ("failing", ("failing: why",))
    life.happens(task(Question.READY, ok=False), task(Question.HEALTH))
    assert health(life.instance) == "unready"


def test_a_task_is_not_believed_in_what_it_has_no_method_for_or_the_manifest_asks() -> None:
    life = Life(factory()).happens(StartAsked(), Spawned(7), events.Ready()).happens(task(Question.HEALTH, ok=False))
    assert (life.state, health(life.instance), life.acts) == (State.RUNNING, "unknown", ())
    life = Life(factory(ready=READY)).happens(StartAsked(), Spawned(7), BOTH).happens(task(Question.READY))
    assert life.state is State.STARTING


def test_what_its_methods_are_outlives_a_supervisor() -> None:
    life = Life(factory()).happens(StartAsked(), Spawned(7), BOTH)
    (entry,) = ledger.read(ledger.line(life.instance, 1.0)).entries.values()
    again = ledger.restored(entry, life.instance.daemon, 0, life.instance.plan)
    assert again.probed == life.instance.probed


def test_a_line_that_made_it_ready_is_not_looked_at_again() -> None:
    life = begun(ready=Ready(log_line="up")).happens(line(Question.READY), line(Question.READY, ok=False))
    assert (life.state, health(life.instance)) == (State.RUNNING, "ok")


def test_a_task_that_is_well_is_so_by_other_numbers_too() -> None:
    life = Life(factory()).happens(StartAsked(), Spawned(7), BOTH, task(Question.READY), task(Question.HEALTH))
    life.happens(Changed(factory(health=Health(period=1.0)), life.instance.plan))
    assert health(life.instance) == "ok"
