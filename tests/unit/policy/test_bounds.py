"""How long a run may take: `task-timeout`."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fakes.life import Life

from udaemon.manifest.model import Daemon, Restart, Stop
from udaemon.policy.effects import KillTree, Signal
from udaemon.policy.events import Changed, DeadlineReached, Exited, Ready, RunDue, RunSeen, Spawned, StartAsked
from udaemon.policy.instance import State
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import Timer

TASK = Daemon(name="mailer", task="jobs:send", sleep=60.0, task_timeout=30.0, stop=Stop(timeout=5.0))


def at(life: Life) -> float | None:
    """The moment at which its runs are looked at, from now."""
    moment = life.instance.timers.at(Timer.RUN)
    return None if moment is None else moment - life.now


def seen(life: Life, began: float | None = None, due: float | None = None, *, pid: int = 7) -> Life:
    """Let the look come at its moment, with what the slot says then: seconds ago, seconds from then."""
    moment = at(life)
    assert moment is not None
    life.now += moment
    began, due = (None if began is None else life.now - began, None if due is None else life.now + due)
    return life.happens(DeadlineReached(RunSeen(pid, 12, began, due)))


def test_it_is_looked_at_when_a_run_that_begins_now_would_be_too_long() -> None:
    assert at(Life.running(TASK)) == 30.0


@pytest.mark.parametrize(("began", "again"), [(29.0, 1.0), (0.0, 30.0), (10.5, 19.5)])
def test_a_run_under_way_is_looked_at_again_when_its_own_time_is_over(began: float, again: float) -> None:
    life = seen(Life.running(TASK), began)
    assert (life.state, life.acts, at(life)) == (State.RUNNING, (), again)


@pytest.mark.parametrize(("due", "again"), [(50.0, 80.0), (None, 30.0), (-3.0, 30.0)])
def test_between_two_runs_it_is_looked_at_after_the_next(due: float | None, again: float) -> None:
    life = seen(Life.running(TASK), None, due)
    assert (life.state, life.acts, at(life)) == (State.RUNNING, (), again)


def test_what_another_process_wrote_says_nothing() -> None:
    life = seen(Life.running(TASK), 500.0, pid=6)
    assert (life.state, at(life)) == (State.RUNNING, 30.0)


def test_a_run_that_takes_longer_shows_its_stack_and_is_ended_as_a_crash() -> None:
    life = seen(Life.running(TASK), 30.0)
    assert (life.state, life.acts) == (State.STOPPING, (Signal("RTMAX"), Signal("TERM")))
    assert life.told[0] == "timed-out: run 12 has taken longer than 30 s"
    assert KillTree() in life.after(5.0).acts
    life.happens(Exited(signal=9))
    assert life.instance.exit is not None
    assert (life.instance.exit.reason, life.instance.crashes, life.state) == (Reason.TIMEOUT, 1, State.STARTING)
    assert life.instance.message == "run 12 has taken longer than 30 s"


def test_one_that_ends_in_time_after_all_has_failed_too() -> None:
    never = seen(Life.running(evolve(TASK, restart=Restart.NEVER)), 31.0).happens(Exited(code=0, reason=Reason.STOPPED))
    assert never.instance.exit is not None
    assert (never.state, never.instance.exit.reason) == (State.FAILED, Reason.TIMEOUT)


def test_without_a_bound_nothing_is_waited_for() -> None:
    assert Life.running(evolve(TASK, task_timeout=None)).instance.deadline is None


def test_a_run_of_a_scheduled_command_is_its_process() -> None:
    job = Daemon(name="job", command=("job",), sleep=60.0, task_timeout=30.0, stop=Stop(timeout=5.0))
    life = Life(job).happens(StartAsked(), RunDue(), Spawned(7))
    assert at(life) == 30.0
    life.after(30.0)
    assert (life.state, life.acts) == (State.STOPPING, (Signal("TERM"),))
    life.happens(Exited(signal=15))
    assert life.instance.exit is not None
    assert (life.state, life.instance.exit.reason) == (State.WAITING, Reason.TIMEOUT)


def test_a_server_has_no_runs() -> None:
    assert Life.running(Daemon(name="web", command=("web",), task_timeout=30.0)).instance.deadline is None


def test_another_bound_holds_for_the_run_under_way() -> None:
    life = Life.running(TASK).after(20.0)
    life.happens(Changed(evolve(TASK, task_timeout=10.0), NO_PLAN))
    assert at(life) == 0.0
    assert seen(life, 20.0).state is State.STOPPING


def test_a_bound_that_is_taken_away_is_waited_for_no_more() -> None:
    life = Life.running(TASK).happens(Changed(evolve(TASK, task_timeout=None), NO_PLAN))
    assert (life.state, life.instance.deadline) == (State.RUNNING, None)


def test_what_stops_is_not_looked_at() -> None:
    life = Life(TASK).happens(StartAsked(), Spawned(7))
    assert at(life) is None  # its task is not built yet, and that is no run
    assert at(life.happens(Ready())) == 30.0
    assert at(life.happens(Exited(code=1))) is None
