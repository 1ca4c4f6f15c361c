"""Stops and restarts: the polite signal, the deadline, the kill, and what is asked meanwhile."""

import pytest
from tests.fakes.life import Life, command, factory, unchanged

from udaemon.manifest.model import Daemon, Restart, Stop
from udaemon.policy.effects import CancelSpawn, KillTree, Signal, SignalTree, Spawn, StopCommand
from udaemon.policy.events import (
    DeadlineReached,
    Exited,
    Ready,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    StopCommandFailed,
    TreeGone,
)
from udaemon.policy.instance import Exit, State, Wanted
from udaemon.policy.reasons import Reason, Trouble
from udaemon.policy.steps import stop_command

KILLED = Exited(signal=9)


def reason(life: Life) -> Reason | None:
    return life.instance.exit.reason if life.instance.exit else None


def test_a_stop_sends_the_declared_signal_and_sets_the_deadline() -> None:
    life = Life.running(command(stop=Stop(signal="INT", timeout=3))).happens(StopAsked())
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (Signal("INT"),), 3)
    assert life.told == ("stopping: sent SIGINT, will be killed in 3 s",)


def test_a_stop_that_is_obeyed_ends_stopped() -> None:
    life = Life.running().happens(StopAsked()).after(2).happens(Exited(code=0))
    assert (life.state, life.acts, life.waits, life.instance.message) == (State.STOPPED, (), None, None)
    assert life.instance.exit == Exit(code=0, signal=None, core=False, reason=Reason.STOPPED, at=life.now)
    assert life.told == ("exited: exit code 0", "stopped: exit code 0")


def test_dying_of_the_signal_it_was_asked_with_is_stopped_and_of_another_killed() -> None:
    assert reason(Life.running().happens(StopAsked(), Exited(signal=15))) is Reason.STOPPED
    assert reason(Life.running().happens(StopAsked(), Exited(signal=11))) is Reason.KILLED
    assert reason(Life.running().happens(Exited(signal=15))) is Reason.KILLED


@pytest.mark.parametrize("restart", list(Restart))
def test_a_stopped_daemon_is_not_started_again_whatever_its_exit(restart: Restart) -> None:
    for end in (Exited(code=0), Exited(code=1), Exited(signal=9), Exited(code=1, reason=Reason.EXCEPTION)):
        life = Life.running(command(restart=restart)).happens(StopAsked()).happens(end)
        assert (life.state, life.acts, life.instance.restarts) == (State.STOPPED, (), 0)


def test_f32_one_that_ignores_the_signal_is_killed_at_the_deadline_and_not_before() -> None:
    life = Life.running().happens(StopAsked()).after(9.999)
    assert (life.acts, unchanged(life, DeadlineReached())) == ((), True)
    life.after(0.001)
    assert (life.state, life.acts, life.told) == (State.STOPPING, (KillTree(),), ("killing: killed after 10 s",))
    life.happens(KILLED)
    assert (life.state, reason(life), life.instance.message) == (State.STOPPED, Reason.KILLED, "killed after 10 s")
    assert life.told[0] == "exited: killed by signal 9 (SIGKILL): killed after 10 s"


def test_f5_a_deadline_seen_much_too_late_kills_once_and_gives_the_full_grace() -> None:
    life = Life.running().happens(StopAsked())
    life.now += 60
    life.happens(DeadlineReached(), DeadlineReached())
    assert (life.acts, life.waits) == ((KillTree(),), 5)


def test_one_that_leaves_by_itself_in_the_end_was_not_killed() -> None:
    life = Life.running().happens(StopAsked()).after(10).happens(Exited(code=0))
    assert (life.state, reason(life), life.instance.message) == (State.STOPPED, Reason.STOPPED, None)


def test_f34_what_survives_its_kill_is_called_unkillable_and_rests() -> None:
    life = Life.running().happens(StopAsked()).after(15)
    assert (life.state, life.waits, life.instance.pid) == (State.FAILED, None, 7)
    assert (reason(life), life.instance.message) == (Reason.UNKILLABLE, "cannot be killed: pid 7")
    assert life.instance.at_rest


def test_f34_no_second_copy_beside_an_unkillable_process() -> None:
    for asked in (StartAsked(), RestartAsked()):
        life = Life.running().happens(StopAsked()).after(15)
        before = life.instance
        life.happens(asked)
        assert (life.instance, life.acts) == (before, ())
        assert life.told == ("refused: old pid 7 cannot be killed",)


def test_f34_no_second_copy_beside_unkillable_survivors() -> None:
    life = Life.running().happens(Exited(code=1, survivors=(8, 9))).after(15)
    assert (life.state, life.instance.message) == (State.FAILED, "cannot be killed: pids 8, 9")
    life.happens(StartAsked())
    assert (life.state, life.acts, life.told) == (State.FAILED, (), ("refused: old pids 8, 9 cannot be killed",))


def test_f34_an_unkillable_process_that_dies_after_all_lets_life_go_on_as_wanted() -> None:
    stopped = Life.running().happens(StopAsked()).after(3600).happens(KILLED)
    assert (stopped.state, stopped.acts, stopped.instance.message) == (State.STOPPED, (), None)
    restarted = Life.running().happens(RestartAsked()).after(3600).happens(KILLED)
    assert (restarted.state, restarted.acts) == (State.STARTING, (Spawn(),))
    given_up = Life.running().happens(RestartAsked()).after(3600).happens(StopAsked(), KILLED)
    assert (given_up.state, given_up.acts) == (State.STOPPED, ())
    crashed = Life.running().happens(Exited(code=1, survivors=(8,))).after(3600).happens(TreeGone())
    assert (crashed.state, crashed.acts, crashed.instance.crashes) == (State.STARTING, (Spawn(),), 1)


def test_a_hurried_stop_kills_at_once() -> None:
    life = Life.running().happens(StopAsked(hurry=True))
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (KillTree(),), 5)
    life.happens(KILLED)
    assert (life.state, reason(life), life.instance.message) == (
        State.STOPPED,
        Reason.KILLED,
        "killed at once, as asked",
    )


def test_a_second_stop_can_hurry_and_a_third_adds_nothing() -> None:
    life = Life.running().happens(StopAsked()).after(2).happens(StopAsked(hurry=True))
    assert (life.acts, life.waits) == ((KillTree(),), 5)
    life.after(1)
    assert unchanged(life, StopAsked(hurry=True), StopAsked(), StopAsked(timeout=1))


def test_a_second_stop_moves_the_kill_nearer_but_never_away() -> None:
    life = Life.running().happens(StopAsked()).after(2).happens(StopAsked(timeout=3))
    assert (life.acts, life.waits) == ((), 3)
    assert unchanged(life, StopAsked(timeout=60), StopAsked())


def test_a_stop_of_what_rests_only_changes_the_wish() -> None:
    life = Life.running().happens(Exited(code=0))
    assert (life.state, life.instance.wanted) == (State.EXITED, Wanted.UP)
    life.happens(StopAsked())
    assert (life.state, life.instance.wanted, life.effects) == (State.EXITED, Wanted.DOWN, ())


def test_f40_a_stop_in_backoff_ends_the_wait() -> None:
    life = Life.running().crashes(2).happens(StopAsked())
    assert (life.state, life.waits, life.told) == (State.STOPPED, None, ("stopped: was waiting to be started again",))
    assert life.after(1000).acts == ()


def test_f40_a_stop_while_the_task_is_built_is_as_one_while_it_runs() -> None:
    life = Life(factory()).happens(StartAsked(), Spawned(7)).happens(StopAsked())
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (Signal("TERM"),), 10)
    assert unchanged(life, Ready())


def test_f40_a_stop_before_birth_is_carried_out_at_birth_with_what_is_left_of_its_time() -> None:
    life = Life(command()).happens(StartAsked()).happens(StopAsked(timeout=3))
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (CancelSpawn(),), 3)
    life.after(1).happens(Spawned(7))
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (Signal("TERM"),), 2)
    life.happens(Exited(signal=15))
    assert (life.state, life.instance.wanted) == (State.STOPPED, Wanted.DOWN)


@pytest.mark.parametrize("hurry", [True, False])
def test_f40_a_birth_after_the_time_to_stop_is_killed_at_once(hurry: bool) -> None:
    life = Life(command()).happens(StartAsked(), StopAsked(hurry=hurry)).after(10)
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (), None)
    life.happens(Spawned(7))
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (KillTree(),), 5)
    assert life.instance.message == "killed as soon as it was there"


def test_f40_a_stop_before_a_birth_that_fails_ends_stopped() -> None:
    for trouble in Trouble:
        life = Life(command()).happens(StartAsked(), StopAsked()).happens(SpawnFailed(trouble, "fork: EAGAIN"))
        assert (life.state, life.acts, life.waits) == (State.STOPPED, (), None)
        assert life.told[-1] == "stopped: it had not started: fork: EAGAIN"


def test_f40_a_start_takes_back_a_stop_that_nobody_has_heard_of_yet() -> None:
    for taken_back in (StopAsked(), StopAsked(hurry=True)):
        life = Life(command()).happens(StartAsked(), taken_back).happens(StartAsked())
        assert (life.state, life.acts, life.waits) == (State.STARTING, (), None)
        life.happens(Spawned(7))
        assert (life.state, life.acts) == (State.RUNNING, ())


@pytest.mark.parametrize("asked", [StartAsked(), RestartAsked()])
def test_f40_a_start_while_stopping_follows_the_stop(asked: StartAsked | RestartAsked) -> None:
    life = Life.running().crashes().starts_again(9).happens(StopAsked(), asked)
    assert (life.state, life.instance.wanted, life.acts) == (State.STOPPING, Wanted.UP, (Signal("TERM"),))
    life.after(1).happens(Exited(code=0))
    assert (life.state, life.acts, life.instance.crashes) == (State.STARTING, (Spawn(),), 0)
    life.happens(Spawned(10))
    assert (life.state, life.instance.restarts) == (State.RUNNING, 1)


def test_f40_a_stop_after_a_restart_wins() -> None:
    life = Life.running().happens(RestartAsked(), StopAsked(), Exited(code=0))
    assert (life.state, life.acts) == (State.STOPPED, (Signal("TERM"),))


@pytest.mark.parametrize("restart", list(Restart))
def test_a_start_while_a_tree_is_cleared_is_not_lost(restart: Restart) -> None:
    life = Life.running(command(restart=restart)).after(60).happens(Exited(code=0, survivors=(8,)), StartAsked())
    assert (life.state, life.acts) == (State.STOPPING, (SignalTree("TERM"),))
    life = life.happens(TreeGone())
    assert (life.state, life.acts) == (State.STARTING, (Spawn(),))


def test_a_stop_while_a_tree_is_cleared_ends_stopped() -> None:
    life = Life.running().happens(Exited(code=1, survivors=(8,)), StopAsked()).happens(TreeGone())
    assert (life.state, life.acts, life.told) == (
        State.STOPPED,
        (),
        ("cleared: what it left behind is gone: pid 8", "stopped: exit code 1"),
    )


@pytest.mark.parametrize("daemon", [command(), factory()])
def test_a_restart_stops_and_starts_once_and_is_no_automatic_one(daemon: Daemon) -> None:
    life = Life.running(daemon).happens(RestartAsked())
    assert (life.state, life.instance.wanted, life.acts) == (State.STOPPING, Wanted.UP, (Signal("TERM"),))
    life.after(1).happens(Exited(code=1))
    assert (life.state, life.acts) == (State.STARTING, (Spawn(),))
    life.happens(Spawned(8), Ready())
    assert (life.state, life.instance.pid, life.instance.restarts) == (State.RUNNING, 8, 0)


def test_a_restart_forgives_earlier_crashes() -> None:
    life = Life.running().crashes(3).starts_again().happens(RestartAsked(), Exited(code=0))
    assert (life.instance.crashes, life.instance.attempts) == (0, ())


def test_a_restart_of_one_that_does_not_stop_kills_it_and_goes_on() -> None:
    life = Life.running().happens(RestartAsked()).after(10)
    assert life.acts == (KillTree(),)
    life = life.happens(KILLED)
    assert (life.state, life.acts) == (State.STARTING, (Spawn(),))


def test_f39_twenty_restarts_at_once_are_one() -> None:
    life = Life.running().happens(*[RestartAsked()] * 20)
    assert life.acts == (Signal("TERM"),)
    life = life.happens(Exited(code=0), *[RestartAsked()] * 20)
    assert life.acts == (Spawn(),)


def test_events_that_come_late_or_twice_change_nothing() -> None:
    stopped = Life.running().happens(StopAsked(), Exited(code=0))
    assert unchanged(stopped, Exited(code=1), KILLED, Ready(), TreeGone(), DeadlineReached(), StopAsked())
    assert unchanged(Life.running(), TreeGone(), DeadlineReached(), Ready())
    stopping = Life.running().happens(StopAsked())
    assert unchanged(stopping, TreeGone(), DeadlineReached(), Ready())
    clearing = Life.running().happens(Exited(code=1, survivors=(8,)))
    assert unchanged(clearing, Exited(code=1), DeadlineReached(), Ready(), Spawned(9))
    unborn = Life(command()).happens(StartAsked(), StopAsked())
    assert unchanged(unborn, TreeGone(), Exited(code=0), DeadlineReached(), Ready())


REDIS = command(stop=Stop(command=("bin/redis-cli", "shutdown"), timeout=4))


def test_a_stop_command_takes_the_place_of_the_signal() -> None:
    life = Life.running(REDIS).happens(StopAsked())
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (StopCommand(),), 4)
    assert life.told == ("stopping: its stop command runs (redis-cli), will be killed in 4 s",)
    known = stop_command(life.instance)
    assert (known.command, known.env["UDAEMON_PID"]) == (("bin/redis-cli", "shutdown"), "7")
    assert life.happens(Exited(code=0)).state is State.STOPPED


def test_one_that_does_not_end_by_its_command_is_killed_in_time() -> None:
    life = Life.running(REDIS).happens(StopAsked()).after(4)
    assert (life.acts, life.told) == ((KillTree(),), ("killing: killed after 4 s",))


def test_a_stop_command_that_fails_is_followed_by_the_signal_in_what_is_left_of_the_time() -> None:
    life = Life.running(REDIS).happens(StopAsked()).after(1).happens(StopCommandFailed("failed: exit code 1"))
    assert (life.acts, life.waits) == ((Signal("TERM"),), 3)
    assert life.told == ("stopping: its stop command failed: exit code 1: sent SIGTERM, will be killed in 3 s",)
    shell = Life.running(command(shell=True, stop=Stop(command=("no",)))).happens(StopAsked())
    assert shell.happens(StopCommandFailed("cannot be run: no")).acts == (SignalTree("TERM"),)


def test_a_stop_command_that_fails_too_late_changes_nothing() -> None:
    failed = StopCommandFailed("failed: exit code 1")
    assert unchanged(Life.running(REDIS), failed)
    assert unchanged(Life.running(REDIS).happens(StopAsked(), Exited(code=0)), failed)
    assert unchanged(Life.running(REDIS).happens(StopAsked(hurry=True)), failed)


def test_one_that_is_not_there_yet_gets_its_stop_command_when_it_is() -> None:
    life = Life(REDIS).happens(StartAsked(), StopAsked(), Spawned(9))
    assert life.acts == (Spawn(), CancelSpawn(), StopCommand())
