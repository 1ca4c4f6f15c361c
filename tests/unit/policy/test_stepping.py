"""Blocking steps: what comes before a start and after an end, one at a time, and what a failure of one means."""

from attrs import evolve
from tests.fakes.life import Life, command, factory, unchanged

from udaemon.manifest.model import Daemon, Restart, StartLimit, Stop
from udaemon.manifest.steps import StepCommand
from udaemon.policy import ledger
from udaemon.policy.effects import CancelSpawn, KillTree, Signal, SignalTree, Spawn
from udaemon.policy.events import (
    Changed,
    Executed,
    Exited,
    KickAsked,
    Leaving,
    Ready,
    Renewed,
    RestartAsked,
    RunDue,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAhead,
    StopAsked,
    TreeGone,
)
from udaemon.policy.instance import Phase, State, Wanted
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Reason, Trouble
from udaemon.policy.steps import declared

MIGRATE, WARM_UP = StepCommand(("bin/migrate", "--password", "s3cret"), 5.0), StepCommand(("warm-up",))
TIDY, TELL = StepCommand(("rm", "-f", "run/sock"), 3.0), StepCommand(("tell",))
FAILED, DONE = Exited(code=3), Exited(code=0)


def stepped(**keys: object) -> Daemon:
    """A command with two steps before and two after."""
    return command(**{"before_start": (MIGRATE, WARM_UP), "after_stop": (TIDY, TELL), **keys})


def up(daemon: Daemon | None = None) -> Life:
    """A life whose steps before the start are done, and whose own process runs."""
    life = Life(daemon or stepped()).happens(StartAsked())
    for pid in range(len(life.instance.daemon.before_start)):
        life.happens(Spawned(100 + pid), DONE)
    life.happens(Spawned(7), Ready())
    assert life.state is State.RUNNING
    return life


def doing(life: Life) -> tuple[str, ...] | None:
    """What is started next, or is done, in the place of its process."""
    return declared(life.instance).command if life.instance.step is not None else None


def message(life: Life) -> str | None:
    """What is shown beside the state."""
    return life.instance.message


def acts(life: Life) -> tuple[object, ...]:
    """What was asked for last."""
    return life.acts


def test_steps_before_a_start_are_done_one_after_the_other_then_it_starts() -> None:
    life = Life(stepped()).happens(StartAsked())
    assert (life.state, acts(life), doing(life)) == (State.STARTING, (Spawn(),), MIGRATE.command)
    life.happens(Spawned(5))
    assert (life.state, life.instance.own_pid, life.waits) == (State.STARTING, None, 5.0)
    assert message(life) == "before-start 1 of 2 (migrate), pid 5"
    life.happens(DONE)
    assert (acts(life), doing(life)) == ((Spawn(),), WARM_UP.command)
    life.happens(Spawned(6), DONE)
    assert (life.state, acts(life), doing(life), life.waits) == (State.STARTING, (Spawn(),), None, None)
    assert life.told == ("before-start: 2 of 2 (warm-up) runs as pid 6", "before-start: 2 of 2 (warm-up) is done")
    life.happens(Spawned(7))
    assert (life.state, life.instance.own_pid, message(life)) == (State.RUNNING, 7, None)


def test_no_argument_of_a_step_is_told() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5))
    life.happens(FAILED)
    assert not any("s3cret" in text for text in (*life.told, message(life) or ""))


def test_a_failed_step_before_the_start_is_a_failed_start() -> None:
    """As after a crash: at once, then with longer and longer waits, until the limit is reached."""
    life = Life(stepped(after_stop=(), start_limit=StartLimit(count=2))).happens(StartAsked(), Spawned(5), FAILED)
    assert life.told == (
        "before-start: 1 of 2 (migrate) runs as pid 5",
        "before-start: 1 of 2 (migrate) failed: exit code 3",
        "restarting: starts again at once",
    )
    assert (life.state, doing(life)) == (State.STARTING, MIGRATE.command)
    life.happens(Spawned(6), FAILED)
    assert (life.state, life.waits) == (State.BACKOFF, 1.0)
    assert life.instance.exit is not None
    assert (life.instance.exit.code, life.instance.exit.reason) == (3, Reason.BEFORE_START)
    life.after(1.0)
    assert doing(life) == MIGRATE.command
    life.happens(Spawned(7), FAILED)
    assert (life.state, life.waits) == (State.FAILED, None)
    assert "before-start 1 of 2 (migrate) failed: exit code 3" in (message(life) or "")


def test_a_step_that_fails_after_a_long_life_is_early_all_the_same() -> None:
    life = up(stepped(after_stop=())).after(3600).happens(Exited(code=1), Spawned(5), FAILED)
    assert (life.state, life.waits) == (State.BACKOFF, 1.0)


def test_no_exit_code_but_0_is_a_success_of_a_step() -> None:
    life = Life(stepped(success_exit_codes=(0, 3), restart=Restart.NEVER, after_stop=()))
    life.happens(StartAsked(), Spawned(5), FAILED)
    assert life.state is State.FAILED


def test_a_step_that_takes_too_long_is_killed_with_its_tree() -> None:
    life = Life(stepped(after_stop=())).happens(StartAsked(), Spawned(5)).after(4.9)
    assert acts(life) == ()
    life.after(0.1)
    told = "before-start 1 of 2 (migrate) took longer than 5 s"
    assert (acts(life), life.told) == ((KillTree(),), (f"killing: {told}, killed",))
    life.happens(Exited(signal=9))
    assert life.told[0] == "before-start: 1 of 2 (migrate) took longer than 5 s"
    assert (life.state, message(life)) == (State.STARTING, "before-start 1 of 2 (migrate)")


def test_what_a_step_leaves_behind_is_killed_before_anything_follows() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5), Exited(code=0, survivors=(9,)))
    assert (acts(life)[-1], life.state, life.waits) == (KillTree(), State.STARTING, 5.0)
    life.happens(TreeGone())
    assert (acts(life), doing(life)) == ((Spawn(),), WARM_UP.command)


def test_a_step_that_is_no_program_fails_the_daemon_at_once() -> None:
    life = Life(stepped()).happens(StartAsked(), SpawnFailed(Trouble.CONFIG, "exec bin/migrate: not there"))
    assert (life.state, acts(life)) == (State.FAILED, (Spawn(),))
    assert message(life) == "before-start 1 of 2 (migrate): exec bin/migrate: not there"
    assert life.instance.step is None


def test_a_step_that_the_system_refuses_is_tried_again_and_no_crash() -> None:
    life = Life(stepped()).happens(StartAsked(), SpawnFailed(Trouble.RESOURCE, "fork: no"))
    assert (life.state, life.instance.crashes, life.instance.refusals) == (State.BACKOFF, 0, 1)
    life.after(life.waits or 0)
    assert (acts(life), doing(life)) == ((Spawn(),), MIGRATE.command)


def test_a_stop_ends_a_step_and_what_is_to_be_cleaned_up_is() -> None:
    life = Life(stepped(stop=Stop(signal="INT", timeout=2))).happens(StartAsked(), Spawned(5), StopAsked())
    assert (life.state, acts(life)[-1], life.waits) == (State.STOPPING, SignalTree("TERM"), 2.0)
    life.after(2.0)
    assert acts(life) == (KillTree(),)
    life.happens(Exited(signal=9))
    assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)
    life.happens(Spawned(6), DONE, Spawned(7), DONE)
    assert (life.state, life.instance.exit and life.instance.exit.reason) == (State.STOPPED, Reason.STOPPED)


def test_a_stop_before_the_first_step_is_there_calls_it_off() -> None:
    life = Life(stepped()).happens(StartAsked(), StopAsked())
    assert acts(life)[-1] == CancelSpawn()
    life.happens(SpawnFailed(Trouble.RESOURCE, "its start was called off"))
    assert (life.state, acts(life)) == (State.STOPPED, ())


def test_a_stop_between_two_steps_cleans_up() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5), DONE, StopAsked())
    life.happens(SpawnFailed(Trouble.RESOURCE, "its start was called off"))
    assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)


def test_a_restart_during_a_step_begins_anew() -> None:
    life = Life(stepped(after_stop=())).happens(StartAsked(), Spawned(5), RestartAsked(), Exited(signal=15))
    assert (life.state, acts(life)[-1], doing(life)) == (State.STARTING, Spawn(), MIGRATE.command)
    assert life.instance.wanted is Wanted.UP


def test_steps_after_a_stop_are_a_part_of_it() -> None:
    life = up().happens(StopAsked(), Exited(signal=15))
    assert (life.state, acts(life)[-1], doing(life)) == (State.STOPPING, Spawn(), TIDY.command)
    life.happens(Spawned(5))
    assert message(life) == "after-stop 1 of 2 (rm), pid 5"
    life.happens(DONE, Spawned(6), DONE)
    assert (life.state, message(life), life.told[-1][:8]) == (State.STOPPED, None, "stopped:")


def test_steps_are_done_between_a_crash_and_the_next_start() -> None:
    life = up().after(90).happens(Exited(code=2, message="boom"))
    assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)
    life.happens(Spawned(5), DONE, Spawned(6), DONE)
    assert (life.state, doing(life), life.instance.crashes) == (State.STARTING, MIGRATE.command, 1)
    assert life.instance.exit is not None
    assert life.instance.exit.code == 2
    life.happens(Spawned(8), DONE, Spawned(9), DONE, Spawned(10))
    assert (life.state, life.instance.restarts) == (State.RUNNING, 1)


def test_a_step_after_the_end_that_fails_or_hangs_is_told_and_changes_nothing() -> None:
    life = up().happens(StopAsked(), Exited(code=0), Spawned(5), FAILED)
    assert (life.told[-1], doing(life)) == ("after-stop: 1 of 2 (rm) failed: exit code 3", TELL.command)
    life.happens(Spawned(6)).after(60)
    assert acts(life) == (KillTree(),)
    life.happens(Exited(signal=9))
    assert life.state is State.STOPPED
    missing = up().happens(StopAsked(), DONE, SpawnFailed(Trouble.CONFIG, "no"), SpawnFailed(Trouble.CONFIG, "no"))
    assert missing.state is State.STOPPED


def test_a_first_step_after_the_end_that_hangs_does_not_cost_the_second() -> None:
    life = up().happens(StopAsked(), DONE, Spawned(5)).after(3).happens(Exited(signal=9))
    assert (doing(life), life.instance.killing) == (TELL.command, False)


def test_a_step_after_the_end_that_the_system_refuses_is_tried_again_for_a_while() -> None:
    life = up().happens(StopAsked(), DONE)
    for _ in range(5):
        life.happens(SpawnFailed(Trouble.RESOURCE, "fork: no"))
        assert (life.state, doing(life), life.waits is not None) == (State.STOPPING, TIDY.command, True)
        life.after(life.waits or 0)
        assert acts(life) == (Spawn(),)
    life.happens(SpawnFailed(Trouble.RESOURCE, "fork: no"))
    assert doing(life) == TELL.command


def test_haste_ends_a_step_after_the_end_and_leaves_out_the_rest() -> None:
    life = up().happens(StopAsked(), DONE, Spawned(5), StopAsked())
    assert (life.state, acts(life)[-1:]) == (State.STOPPING, (Spawn(),))
    life.happens(StopAsked(hurry=True))
    assert acts(life) == (KillTree(),)
    life.happens(Exited(signal=9))
    assert (life.state, acts(life)) == (State.STOPPED, ())
    waits = up().happens(StopAsked(), DONE, SpawnFailed(Trouble.RESOURCE, "no"), StopAsked(hurry=True))
    assert (waits.state, waits.waits) == (State.STOPPED, None)
    asked = up().happens(StopAsked(), DONE, StopAsked(hurry=True), Spawned(5))
    assert asked.acts[-1] == KillTree()


def test_a_start_during_the_steps_after_an_end_follows_them() -> None:
    for asked in (StartAsked(), RestartAsked()):
        life = up().happens(StopAsked(), DONE, asked)
        assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)
        life.happens(Spawned(5), asked, DONE, Spawned(6), DONE)
        assert (life.state, doing(life), life.instance.wanted) == (State.STARTING, MIGRATE.command, Wanted.UP)


def test_what_cannot_be_started_after_its_steps_is_cleaned_up_after() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5), DONE, Spawned(6), DONE)
    life.happens(SpawnFailed(Trouble.CONFIG, "exec db: not there"))
    assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)
    life.happens(Spawned(8), DONE, Spawned(9), DONE)
    assert (life.state, message(life)) == (State.FAILED, "exec db: not there")


def test_what_is_said_of_another_process_is_nothing_to_a_step() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5))
    for late in (Ready(), Leaving(), Executed(), Renewed("db")):
        assert unchanged(life, late)
    assert life.happens(StopAhead()).instance.wanted is Wanted.DOWN


def test_a_change_during_a_step_holds_for_what_follows() -> None:
    life = Life(stepped()).happens(StartAsked(), Spawned(5))
    other = evolve(life.instance.daemon, command=("db2",), before_start=())
    life.happens(Changed(other, NO_PLAN, at_once=True))
    assert (life.state, acts(life), life.instance.outdated) == (State.STARTING, (), False)
    life.happens(DONE)
    assert (declared(life.instance).command, acts(life)) == (("db2",), (Spawn(),))


def test_each_run_of_a_scheduled_command_has_its_steps() -> None:
    life = Life(stepped(cron="@daily", after_stop=(TIDY,))).happens(StartAsked(), RunDue())
    life.happens(Spawned(5), KickAsked(), DONE, Spawned(6), DONE, Spawned(7), DONE)
    assert (life.state, doing(life)) == (State.STOPPING, TIDY.command)
    life.happens(Spawned(8), DONE)
    assert (life.state, doing(life)) == (State.STARTING, MIGRATE.command)  # the run that was asked for meanwhile
    life.happens(Spawned(9), FAILED, Spawned(10), DONE)
    assert (life.state, life.waits) == (State.WAITING, None)


def test_a_task_that_is_asked_to_end_after_its_run_gets_no_signal_while_a_step_runs() -> None:
    life = Life(factory(before_start=(MIGRATE,))).happens(StartAsked(), Spawned(5), StopAsked(after_run=True))
    assert (life.state, [act for act in life.acts if isinstance(act, Signal | SignalTree)]) == (
        State.STOPPING,
        [SignalTree("TERM")],
    )


def test_a_step_survives_in_the_ledger() -> None:
    """faults.md F1: another supervisor goes on where this one was killed."""
    life = up().happens(StopAsked(), DONE, Spawned(5))
    entry = ledger.read(ledger.head("now") + ledger.line(life.instance, 1.0)).entries[life.instance.key]
    restored = ledger.restored(entry, life.instance.daemon, 0, life.instance.plan)
    assert (restored, declared(restored).command) == (life.instance, TIDY.command)
    life.instance = restored
    life.happens(Exited())  # nobody knows how it ended
    assert (life.instance.step and life.instance.step.phase, doing(life)) == (Phase.AFTER_STOP, TELL.command)
