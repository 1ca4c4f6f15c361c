"""Runs of scheduled commands and of tasks: due, asked for, held back by a pause, or in the way of another."""

from __future__ import annotations

import pytest
from tests.fakes.life import Life, command, factory, unchanged

from udaemon.manifest.schedule import Overlap
from udaemon.manifest.steps import StepCommand
from udaemon.policy.effects import Kick, Pause, Signal, Spawn
from udaemon.policy.events import Exited, KickAsked, PauseAsked, ResumeAsked, RunDue, Spawned, StartAsked, StopAsked
from udaemon.policy.followed import Followed
from udaemon.policy.instance import State
from udaemon.policy.reasons import Reason
from udaemon.policy.restart import succeeded
from udaemon.policy.runs import has_runs, is_between_runs


def scheduled(overlap: Overlap = Overlap.SKIP) -> Life:
    """A command that is run by a schedule, and waits for its first run."""
    life = Life(command(cron="* * * * *", overlap=overlap)).happens(StartAsked())
    assert is_between_runs(life.instance)
    return life


def test_a_due_run_begins_where_none_goes_on() -> None:
    life = scheduled().happens(RunDue())
    assert (life.state, life.acts) == (State.STARTING, (Spawn(),))
    life.happens(Spawned(7), Exited(code=0))
    assert is_between_runs(life.instance)
    assert life.happens(RunDue()).acts == (Spawn(),)


def test_a_run_that_is_due_while_one_goes_on_is_skipped_made_up_for_or_cancels_that() -> None:
    skip, queue, cancel = (scheduled(overlap).happens(RunDue(), Spawned(7)) for overlap in Overlap)
    assert (skip.happens(RunDue()).acts, skip.told) == (
        (),
        ("skipped: a run was due while the one before goes on",),
    )
    assert not skip.instance.owes_run
    assert queue.happens(RunDue()).acts == ()
    assert queue.happens(Exited(code=0)).acts == (Spawn(),)
    assert cancel.happens(RunDue()).acts[:1] == (Signal("TERM"),)
    assert cancel.happens(Exited(signal=15)).acts == (Spawn(),)


def test_a_run_that_is_cancelled_has_failed_however_it_ends_and_the_next_one_begins() -> None:
    for end in (Exited(signal=15), Exited(code=0), Exited(signal=9)):
        life = scheduled(Overlap.CANCEL).happens(RunDue(), Spawned(7)).happens(RunDue())
        assert life.told == ("cancelled: the next run is due", "stopping: sent SIGTERM, will be killed in 10 s")
        assert life.happens(RunDue()).acts == ()  # while it ends: several count as one
        life.happens(end)
        assert life.instance.exit is not None
        assert life.instance.exit.reason is Reason.CANCELLED
        assert not succeeded(life.instance.exit, life.instance.daemon)
        assert (life.acts, life.instance.owes_run) == ((Spawn(),), False)
        assert is_between_runs(life.happens(Spawned(8), Exited(code=0)).instance)
        assert not life.acts


def test_a_run_that_has_not_begun_is_not_cancelled() -> None:
    life = scheduled(Overlap.CANCEL).happens(RunDue()).happens(RunDue())
    assert (life.acts, life.told) == ((), ("skipped: a run was due while the one before begins",))
    assert is_between_runs(life.happens(Spawned(7), Exited(code=0)).instance)


@pytest.mark.parametrize("event", [RunDue(), KickAsked(), RunDue(after=Followed("other", 0, 1, "ok"))])
@pytest.mark.parametrize("overlap", [Overlap.QUEUE, Overlap.CANCEL])
def test_what_is_due_in_the_steps_after_a_run_is_made_up_for(overlap: Overlap, event: RunDue | KickAsked) -> None:
    tidy = command(cron="* * * * *", overlap=overlap, after_stop=(StepCommand(("tidy",)),))
    life = Life(tidy).happens(StartAsked()).happens(RunDue(), Spawned(7), Exited(code=0), Spawned(8))
    assert life.state is State.STOPPING
    assert life.happens(event).acts == ()
    assert life.happens(Exited(code=0)).acts == (Spawn(),)
    assert life.instance.state is State.STARTING


def test_while_it_is_paused_no_run_begins_but_the_one_that_goes_on_ends() -> None:
    life = scheduled().happens(RunDue(), Spawned(7)).happens(PauseAsked())
    assert (life.state, life.told) == (State.RUNNING, ("paused: begins no run until it is resumed",))
    life.happens(Exited(code=0), RunDue())
    assert (life.acts, life.told[-1]) == ((), "skipped: a run was due while it is paused")
    assert life.happens(ResumeAsked(), RunDue()).acts == (Spawn(),)


def test_a_run_that_is_owed_when_it_is_paused_does_not_begin() -> None:
    life = scheduled(Overlap.QUEUE).happens(RunDue(), Spawned(7)).happens(RunDue(), PauseAsked())
    assert life.told[-1] == "skipped: a run was due, and had not begun when it was paused"
    life.happens(Exited(code=0))
    assert (is_between_runs(life.instance), life.acts) == (True, ())
    life = scheduled().happens(RunDue(), Spawned(7)).happens(PauseAsked(), KickAsked())
    assert life.happens(Exited(code=0)).acts == (Spawn(),)


def test_a_kick_is_a_run_now_or_after_the_one_that_goes_on_also_in_a_pause() -> None:
    assert scheduled().happens(KickAsked()).acts == (Spawn(),)
    assert scheduled().happens(PauseAsked(), KickAsked()).acts == (Spawn(),)
    life = scheduled().happens(RunDue(), Spawned(7)).happens(KickAsked())
    assert (life.acts, life.instance.owes_run) == ((), True)
    assert life.happens(Exited(code=0)).acts == (Spawn(),)


def test_a_task_is_told_by_its_own_process() -> None:
    life = Life.running(factory())
    assert life.happens(KickAsked()).acts == (Kick(),)
    assert life.happens(PauseAsked()).acts == (Pause(True),)
    assert life.happens(ResumeAsked()).acts == (Pause(False),)


def test_what_was_asked_for_already_is_not_asked_for_again() -> None:
    assert unchanged(Life.running(factory()).happens(PauseAsked()), PauseAsked())
    assert unchanged(Life.running(factory()), ResumeAsked())
    assert unchanged(scheduled().happens(PauseAsked()), PauseAsked())


@pytest.mark.parametrize("event", [PauseAsked(), KickAsked(), RunDue()])
def test_a_command_that_goes_on_and_on_has_no_runs(event: PauseAsked | KickAsked | RunDue) -> None:
    life = Life.running(command())
    assert not has_runs(life.instance)
    assert unchanged(life, event)


@pytest.mark.parametrize("event", [KickAsked(), RunDue()])
def test_what_is_stopped_has_no_run(event: KickAsked | RunDue) -> None:
    assert unchanged(scheduled().happens(StopAsked()), event)
    assert unchanged(Life(factory()), event)


def test_a_due_run_while_it_waits_to_be_tried_again_is_left_to_that() -> None:
    life = scheduled().happens(RunDue(), Spawned(7), StopAsked())
    assert unchanged(life, RunDue())
