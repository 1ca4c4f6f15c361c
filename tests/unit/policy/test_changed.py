"""An instance whose declaration changes while it runs: what it keeps, and whether its process may stay."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory, unchanged

from udaemon.manifest.model import Backoff, Daemon, Stop
from udaemon.policy.effects import CancelSpawn, Effect, KillTree, Reconfigure, Signal, Spawn
from udaemon.policy.events import (
    Changed,
    Event,
    Exited,
    Leaving,
    Ready,
    RestartAsked,
    RunDue,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TreeGone,
)
from udaemon.policy.instance import State, Wanted
from udaemon.policy.plan import NO_PLAN, StartPlan
from udaemon.policy.reasons import Reason, Trouble

PLAN = StartPlan(project="p", directory="/p")


def acts(life: Life) -> list[Effect]:
    return list(life.acts)


def changed(daemon: Daemon, *, at_once: bool = False, **keys: Any) -> Changed:
    return Changed(evolve(daemon, **keys), PLAN, at_once=at_once)


TASK, COMMAND = factory(), command()
IN_THE_GAP = "restarting: is declared otherwise now: starts again after its run"


def test_a_live_key_is_taken_up_by_the_same_process() -> None:
    life = Life.running(TASK).happens(changed(TASK, sleep=3.0))
    assert (life.state, life.instance.pid, life.acts) == (State.RUNNING, 7, (Reconfigure(),))
    assert (life.instance.daemon.sleep, life.instance.plan) == (3.0, PLAN)


def test_a_live_key_of_the_policy_holds_for_the_next_decision() -> None:
    life = Life.running(COMMAND).happens(changed(COMMAND, stop=Stop(timeout=2.0)), StopAsked())
    assert life.waits == 2.0


def test_counters_and_history_stay() -> None:
    life = Life.running(COMMAND).crashes(2)
    before = life.instance
    life.happens(changed(COMMAND, backoff=Backoff(initial=7.0)))
    after = life.instance
    assert before.state is State.BACKOFF
    assert after == evolve(before, daemon=after.daemon, plan=PLAN)


def test_a_declaration_that_is_the_same_asks_for_nothing() -> None:
    life = Life.running(COMMAND).happens(changed(COMMAND))
    assert (life.acts, life.instance.plan, life.state) == ((Reconfigure(),), PLAN, State.RUNNING)
    assert life.happens(changed(COMMAND)).effects == ()


def test_a_key_for_the_next_start_leaves_the_process_alone() -> None:
    life = Life.running(TASK).happens(changed(TASK, autostart=False))
    assert (life.state, life.acts, life.instance.outdated) == (State.RUNNING, (Reconfigure(),), False)


def test_a_task_that_needs_a_new_process_ends_after_its_run_however_long_that_takes() -> None:
    life = Life.running(TASK).happens(changed(TASK, env={"A": "1"}))
    assert life.acts == (Reconfigure(), Signal("TERM"))
    assert life.told == (IN_THE_GAP,)
    assert (life.state, life.waits) == (State.RUNNING, None)
    life.after(3600.0)
    assert life.effects == ()
    life.happens(Leaving(), Exited(code=0, reason=Reason.STOPPED))
    assert (life.state, acts(life)) == (State.STARTING, [Spawn()])
    life.happens(Spawned(8), Ready())
    assert (life.state, life.instance.outdated, life.instance.restarts) == (State.RUNNING, False, 0)


def test_a_command_has_no_gap_and_is_stopped_as_by_a_restart() -> None:
    life = Life.running(COMMAND).happens(changed(COMMAND, command=("db", "--new")))
    assert (life.state, acts(life), life.waits) == (State.STOPPING, [Reconfigure(), Signal("TERM")], 10.0)
    life.happens(Exited(signal=15))
    assert (life.state, life.acts, life.instance.wanted) == (State.STARTING, (Spawn(),), Wanted.UP)
    assert life.instance.daemon.command == ("db", "--new")


def test_at_once_does_not_wait_for_the_gap() -> None:
    life = Life.running(TASK).happens(changed(TASK, at_once=True, umask=0o077))
    assert (life.state, life.waits) == (State.STOPPING, 10.0)
    life.after(10.0)
    assert life.acts == (KillTree(),)


def test_a_task_that_was_asked_already_is_not_signalled_twice() -> None:
    """A second TERM is for haste, and would cost it its run."""
    life = Life.running(TASK).happens(changed(TASK, umask=0o077))
    life.happens(changed(TASK, umask=0o007))
    assert life.acts == (Reconfigure(),)
    life.happens(StopAsked())
    assert (life.state, acts(life), life.waits) == (State.STOPPING, [], 10.0)
    life.happens(Exited(code=0, reason=Reason.STOPPED))
    assert life.state is State.STOPPED


@pytest.mark.parametrize("event", [RestartAsked(), changed(TASK, umask=0o001, at_once=True)])
def test_a_restart_bounds_the_wait_for_the_gap(event: Any) -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077)).happens(event)
    assert (life.state, life.waits, Signal("TERM") in life.acts) == (State.STOPPING, 10.0, False)


def test_a_last_run_that_fails_is_a_crash_and_the_next_start_goes_by_the_new_declaration() -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077), Exited(code=1, reason=Reason.EXCEPTION))
    assert (life.instance.crashes, life.state, life.instance.outdated) == (1, State.STARTING, False)


def test_a_task_that_stops_itself_in_its_last_run_stays_stopped() -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077), Exited(code=0, reason=Reason.TASK_STOPPED))
    assert life.state is State.EXITED


def test_a_task_that_took_the_signal_by_default_was_ended_as_asked() -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077), Exited(signal=15))
    assert (life.state, life.instance.crashes) == (State.STARTING, 0)


def test_what_was_left_behind_is_cleared_before_the_new_start() -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077))
    life.happens(Exited(code=0, reason=Reason.STOPPED, survivors=(9,)))
    assert life.state is State.STOPPING
    assert life.happens(TreeGone()).acts == (Spawn(),)


@pytest.mark.parametrize(("daemon", "state"), [(TASK, State.STARTING), (COMMAND, State.STOPPING)])
def test_a_start_on_its_way_is_replaced_as_soon_as_it_is_there(daemon: Daemon, state: State) -> None:
    life = Life(daemon).happens(StartAsked(), changed(daemon, umask=0o077))
    assert (life.state, acts(life)) == (State.STARTING, [Spawn()])
    life.happens(Spawned(7))
    assert (life.state, acts(life)) == (state, [Signal("TERM")])
    life.happens(Exited(code=0, reason=Reason.STOPPED))
    assert life.acts == (Spawn(),)


def test_a_start_that_was_called_off_changed_and_asked_for_again_is_replaced_too() -> None:
    """The process on its way was asked for by the former declaration."""
    life = Life(TASK).happens(StartAsked(), StopAsked(), changed(TASK, umask=0o077), StartAsked())
    assert (life.state, life.instance.outdated) == (State.STARTING, True)
    assert acts(life.happens(Spawned(7))) == [Signal("TERM")]


def test_one_that_has_said_that_it_ends_is_not_asked_to() -> None:
    life = Life.running(TASK).happens(Leaving()).happens(changed(TASK, umask=0o077))
    assert (acts(life), life.instance.outdated) == ([Reconfigure()], False)
    life.happens(Exited(code=1, reason=Reason.EXCEPTION))
    assert (life.state, life.instance.daemon.umask) == (State.STARTING, 0o077)


def test_a_start_that_failed_meanwhile_is_tried_again_by_the_new_declaration() -> None:
    life = Life(TASK).happens(StartAsked(), changed(TASK, umask=0o077), SpawnFailed(Trouble.RESOURCE, "no"))
    life.after(2.0).happens(Spawned(7))
    assert life.acts == ()
    assert life.instance.outdated is False


@pytest.mark.parametrize("end", [State.STOPPED, State.EXITED, State.FAILED])
def test_what_rests_goes_on_resting(end: State) -> None:
    ends: dict[State, Event] = {State.STOPPED: StopAsked(), State.EXITED: Exited(code=0), State.FAILED: Exited(code=78)}
    life = Life.running(COMMAND).happens(ends[end])
    if end is State.STOPPED:
        life.happens(Exited(signal=15))
    if end is State.FAILED:
        life = Life(COMMAND).happens(StartAsked(), SpawnFailed(Trouble.CONFIG, "no"))
    life.happens(changed(COMMAND, command=("other",)))
    assert (life.state, life.effects) == (end, ())


def test_what_is_disabled_stops_and_rests_as_disabled() -> None:
    life = Life.running(TASK).happens(changed(TASK, enabled=False))
    assert (life.state, acts(life), life.waits) == (State.STOPPING, [Reconfigure(), Signal("TERM")], 10.0)
    assert life.happens(Exited(code=0, reason=Reason.STOPPED)).state is State.DISABLED
    assert life.instance.wanted is Wanted.DOWN


def test_a_start_does_not_bring_back_what_is_disabled_and_still_stopping() -> None:
    life = Life.running(TASK).happens(changed(TASK, enabled=False), StartAsked())
    assert life.told[-1:] == ("refused: is disabled in the manifest",)
    assert life.happens(Exited(code=0, reason=Reason.STOPPED)).state is State.DISABLED


def test_disabled_and_enabled_at_rest() -> None:
    off = evolve(COMMAND, enabled=False)
    life = Life(COMMAND).happens(Changed(off, NO_PLAN))
    assert (life.state, acts(life)) == (State.DISABLED, [])
    assert unchanged(life, Spawned(7))
    life.happens(Changed(COMMAND, NO_PLAN))
    assert (life.state, life.acts, life.instance.wanted) == (State.STOPPED, (), Wanted.DOWN)


def test_what_waits_to_start_again_and_is_disabled_waits_no_more() -> None:
    life = Life.running(COMMAND).crashes(2).happens(changed(COMMAND, enabled=False))
    assert (life.state, life.waits) == (State.DISABLED, None)


def test_what_is_declared_no_more_stops_after_its_run_however_long_that_takes() -> None:
    life = Life.running(TASK).happens(StopAsked(after_run=True))
    assert (life.state, life.instance.wanted, life.waits) == (State.RUNNING, Wanted.DOWN, None)
    assert (acts(life), life.told) == ([Signal("TERM")], ("stopping: is declared no more: stops after its run",))
    life.after(3600.0)
    assert life.effects == ()
    life.happens(Leaving(), Exited(code=0, reason=Reason.STOPPED))
    assert (life.state, life.acts) == (State.STOPPED, ())


def test_a_stop_bounds_that_wait_and_asks_no_second_time() -> None:
    life = Life.running(TASK).happens(StopAsked(after_run=True)).happens(StopAsked())
    assert (life.state, acts(life), life.waits) == (State.STOPPING, [], 10.0)
    life.after(10.0)
    assert life.acts == (KillTree(),)


def test_a_start_takes_it_back_but_the_process_has_been_asked() -> None:
    life = Life.running(TASK).happens(StopAsked(after_run=True), StartAsked())
    assert life.instance.wanted is Wanted.UP
    life.happens(Exited(code=0, reason=Reason.STOPPED))
    assert (life.state, acts(life)) == (State.STARTING, [Spawn()])


def test_a_run_that_fails_then_is_no_crash_that_is_answered() -> None:
    life = Life.running(TASK).happens(StopAsked(after_run=True)).happens(Exited(code=1, reason=Reason.EXCEPTION))
    assert (life.state, life.acts) == (State.STOPPED, ())


@pytest.mark.parametrize("daemon", [TASK, COMMAND])
def test_a_start_on_its_way_is_called_off_all_the_same(daemon: Daemon) -> None:
    life = Life(daemon).happens(StartAsked()).happens(StopAsked(after_run=True))
    assert (life.state, acts(life)) == (State.STOPPING, [CancelSpawn()])


def test_a_command_has_no_run_to_wait_for() -> None:
    life = Life.running(COMMAND).happens(StopAsked(after_run=True))
    assert (life.state, life.waits) == (State.STOPPING, 10.0)


def test_one_that_was_to_be_replaced_after_its_run_just_stops_then() -> None:
    life = Life.running(TASK).happens(changed(TASK, umask=0o077)).happens(StopAsked(after_run=True))
    assert (life.instance.wanted, acts(life)) == (Wanted.DOWN, [])
    life.happens(Exited(code=0, reason=Reason.STOPPED))
    assert (life.state, life.acts) == (State.STOPPED, ())


SCHEDULED = command(sleep=3600.0)


def in_a_run() -> Life:
    return Life(SCHEDULED).happens(StartAsked(), RunDue(), Spawned(7))


def test_a_run_of_a_scheduled_command_ends_as_it_began_and_the_next_goes_by_the_new_declaration() -> None:
    life = in_a_run().happens(changed(SCHEDULED, command=("db", "--new")))
    assert (life.state, life.acts, life.waits) == (State.RUNNING, (Reconfigure(),), None)
    life.happens(Exited(code=0))
    assert (life.state, life.instance.daemon.command) == (State.WAITING, ("db", "--new"))


def test_a_scheduled_command_that_is_declared_no_more_ends_its_run_and_has_no_other() -> None:
    life = in_a_run().happens(StopAsked(after_run=True))
    assert (life.state, life.instance.wanted, life.acts) == (State.RUNNING, Wanted.DOWN, ())
    life.happens(Exited(code=0))
    assert (life.state, life.acts) == (State.STOPPED, ())


def test_at_once_neither_is_waited_for() -> None:
    life = in_a_run().happens(changed(SCHEDULED, command=("db", "--new"), at_once=True))
    assert (life.state, life.waits) == (State.STOPPING, 10.0)
