"""Ends: how they are recorded, what is left behind, and whether that leads to a new start."""

import pytest
from tests.fakes.life import Life, command, factory

from udaemon.manifest.model import Backoff, Daemon, Restart, StartLimit, Stop
from udaemon.policy.effects import KillTree, Signal, SignalTree, Spawn
from udaemon.policy.events import Exited, Ready, Spawned, StartAsked, StopAsked, TreeGone
from udaemon.policy.instance import Exit, State
from udaemon.policy.reasons import Reason

BACKGROUNDED = "daemon backgrounded itself; run it in the foreground"


@pytest.mark.parametrize("code", range(256))
def test_f19_every_exit_code_is_recorded_as_it_was(code: int) -> None:
    life = Life.running().after(3).happens(Exited(code=code))
    assert life.instance.exit == Exit(code=code, signal=None, core=False, reason=Reason.EXITED, at=life.now)
    assert life.told[0] == f"exited: exit code {code}"


@pytest.mark.parametrize("signal", range(1, 65))
def test_f19_every_signal_is_recorded_as_it_was(signal: int) -> None:
    life = Life.running().after(3).happens(Exited(signal=signal, core=signal == 11))
    assert life.instance.exit == Exit(code=None, signal=signal, core=signal == 11, reason=Reason.KILLED, at=life.now)


def test_what_the_child_says_of_itself_is_its_reason_and_message() -> None:
    said = Exited(code=1, reason=Reason.EXCEPTION, message="ValueError: no queue")
    life = Life.running(factory(restart=Restart.NEVER)).happens(said)
    assert (life.state, life.instance.message) == (State.FAILED, "ValueError: no queue")
    assert life.told == ("exited: exit code 1: ValueError: no queue", "failed: ValueError: no queue")
    assert life.instance.exit == Exit(code=1, signal=None, core=False, reason=Reason.EXCEPTION, at=life.now)


@pytest.mark.parametrize(
    ("restart", "end", "state"),
    [
        (Restart.ALWAYS, Exited(code=0), State.STARTING),
        (Restart.ALWAYS, Exited(code=1), State.STARTING),
        (Restart.ALWAYS, Exited(code=0, reason=Reason.TASK_STOPPED), State.STARTING),
        (Restart.ON_FAILURE, Exited(code=0), State.EXITED),
        (Restart.ON_FAILURE, Exited(code=0, reason=Reason.TASK_STOPPED), State.EXITED),
        (Restart.ON_FAILURE, Exited(code=1), State.STARTING),
        (Restart.ON_FAILURE, Exited(signal=9), State.STARTING),
        (Restart.NEVER, Exited(code=0), State.EXITED),
        (Restart.NEVER, Exited(code=1), State.FAILED),
        (Restart.NEVER, Exited(signal=9), State.FAILED),
        (Restart.ALWAYS, Exited(code=78, reason=Reason.CONFIG), State.FAILED),
        (Restart.ON_FAILURE, Exited(code=78, reason=Reason.CONFIG), State.FAILED),
    ],
)
def test_the_restart_key_decides_what_follows_an_end(restart: Restart, end: Exited, state: State) -> None:
    life = Life.running(command(restart=restart)).happens(end)
    assert (life.state, life.acts) == (state, (Spawn(),) if state is State.STARTING else ())


def test_success_exit_codes_are_no_failure() -> None:
    life = Life.running(command(success_exit_codes=(0, 3))).happens(Exited(code=3))
    assert (life.state, life.instance.crashes) == (State.EXITED, 0)


def test_kill_minus_nine_is_answered_by_a_new_process_and_counted_once() -> None:
    life = Life.running().happens(Exited(signal=9))
    assert life.told == ("exited: killed by signal 9 (SIGKILL)", "restarting: starts again at once")
    life.happens(Spawned(8))
    assert (life.state, life.instance.pid, life.instance.restarts) == (State.RUNNING, 8, 1)


def test_f17_crashes_in_a_row_wait_longer_and_longer_up_to_the_cap() -> None:
    daemon = command(backoff=Backoff(initial=1, factor=2, max=10), start_limit=StartLimit(count=99))
    life = Life.running(daemon)
    waits = []
    for pid in range(100, 108):
        life.happens(Exited(code=1))
        waits.append(life.waits)
        assert life.state is (State.BACKOFF if life.waits else State.STARTING)
        life.starts_again(pid)
    assert waits == [None, 1, 2, 4, 8, 10, 10, 10]
    assert (life.instance.restarts, life.instance.crashes) == (8, 8)


@pytest.mark.parametrize(("jitter", "wait"), [(-1, 0.8), (0, 1.0), (0.5, 1.1), (1, 1.2)])
def test_f17_the_wait_is_spread_by_the_declared_share(jitter: float, wait: float) -> None:
    life = Life.running(command(backoff=Backoff(jitter=0.2)), jitter=jitter).crashes(2)
    assert life.waits == wait


def test_f17_a_daemon_up_for_the_longest_wait_is_healthy_again() -> None:
    life = Life.running().crashes(4).starts_again().after(59.9).happens(Exited(code=1))
    assert (life.state, life.instance.crashes) == (State.BACKOFF, 5)
    life.starts_again().after(60).happens(Exited(code=1))
    assert (life.state, life.instance.crashes) == (State.STARTING, 1)


def test_f18_one_that_leaves_at_once_though_always_wanted_is_held_back_but_never_given_up() -> None:
    life = Life.running(command(restart=Restart.ALWAYS))
    waits = []
    for pid in range(100, 130):
        life.happens(Exited(code=0))
        waits.append(life.waits)
        life.starts_again(pid)
    assert (waits[:8], waits[-1]) == ([None, 1, 2, 4, 8, 16, 32, 60], 60)
    assert (life.state, life.instance.attempts) == (State.RUNNING, ())


@pytest.mark.parametrize("restart", list(Restart))
def test_f46_one_whose_memory_limit_is_below_its_needs_is_held_back_and_told_so_but_never_given_up(
    restart: Restart,
) -> None:
    life = Life.running(factory(restart=restart))
    grown = Exited(code=0, reason=Reason.MEMORY, message="30M resident, more than 70 percent of 32M")
    waits = []
    for pid in range(100, 130):
        life.after(0.01).happens(grown)
        waits.append(life.waits)
        if life.waits:
            assert life.instance.message == f"{grown.message}; {len(waits)} times in a row within 1 s of the start"
        life.starts_again(pid)
    assert (waits[:8], waits[-1]) == ([None, 1, 2, 4, 8, 16, 32, 60], 60)
    assert (life.state, life.instance.attempts) == (State.RUNNING, ())


def test_f46_one_that_grows_slowly_is_replaced_at_once_each_time() -> None:
    life = Life.running(factory())
    for pid in range(100, 130):
        life.after(1).happens(Exited(code=0, reason=Reason.MEMORY))
        assert (life.state, life.acts) == (State.STARTING, (Spawn(),))
        life.happens(Spawned(pid), Ready())


def test_f18_one_that_is_held_back_says_why() -> None:
    life = Life.running(command(restart=Restart.ALWAYS)).happens(Exited(code=0)).starts_again().happens(Exited(code=0))
    assert life.instance.message == "exit code 0; 2 times in a row within 1 s of the start"
    life.starts_again()
    assert life.instance.message is None


def test_f18_no_manifest_makes_it_spin() -> None:
    spinning = command(restart=Restart.ALWAYS, backoff=Backoff(initial=0, max=0, jitter=1))
    for end in (Exited(code=0), Exited(code=1), Exited(code=0, reason=Reason.MEMORY)):
        life = Life.running(spinning, jitter=-1).happens(end).starts_again().happens(end)
        assert (life.state, life.waits) == (State.BACKOFF, 0.1)


def test_f18_one_that_works_for_a_while_and_leaves_content_comes_back_at_once() -> None:
    life = Life.running(command(restart=Restart.ALWAYS))
    for pid in range(100, 130):
        life.after(1).happens(Exited(code=0))
        assert (life.state, life.acts) == (State.STARTING, (Spawn(),))
        life.happens(Spawned(pid))


def test_the_start_limit_gives_up_with_the_reason() -> None:
    life = Life.running(command(start_limit=StartLimit(count=3, window=600))).crashes(4)
    message = "gave up after 3 restarts in 600 s; last: exit code 1"
    assert (life.state, life.instance.message, life.waits) == (State.FAILED, message, None)
    assert life.told[-1] == f"failed: {message}"
    assert (life.instance.restarts, life.after(10_000).acts) == (3, ())


def test_restarts_that_lie_outside_the_window_do_not_count() -> None:
    life = Life.running(command(start_limit=StartLimit(count=3, window=600))).crashes(20, after=200)
    assert (life.state, len(life.instance.attempts)) == (State.STARTING, 3)


def test_after_a_cool_down_the_count_begins_anew() -> None:
    life = Life.running(command(start_limit=StartLimit(count=2, window=600, then=120))).crashes(3)
    assert (life.state, life.waits) == (State.BACKOFF, 120)
    assert life.instance.message == "cools down after 2 restarts in 600 s; last: exit code 1"
    assert life.told[-1] == "restarting: starts again in 120 s"
    life.after(120)
    assert life.acts == (Spawn(),)
    life.happens(Spawned(50)).crashes(2)
    assert (life.state, life.waits, life.instance.restarts) == (State.BACKOFF, 1, 4)
    life.starts_again().happens(Exited(code=1))
    assert life.waits == 120


def test_f18_a_cool_down_of_nothing_does_not_spin() -> None:
    life = Life.running(command(start_limit=StartLimit(count=1, then=0))).crashes(2)
    assert (life.state, life.waits) == (State.BACKOFF, 0.1)


def test_a_manual_start_after_giving_up_begins_anew() -> None:
    daemon = command(start_limit=StartLimit(count=1))
    life = Life.running(daemon).crashes(2).happens(StartAsked())
    assert (life.state, life.instance.message) == (State.STARTING, None)
    life.happens(Spawned(9))
    assert (life.state, life.instance.crashes, life.instance.attempts) == (State.RUNNING, 0, ())


def test_f35_what_it_leaves_behind_is_ended_as_by_a_stop_before_anything_else_happens() -> None:
    life = Life.running().happens(Exited(code=1, survivors=(8, 9)))
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (SignalTree("TERM"),), 10)
    left = "it left pids 8, 9 behind: sent SIGTERM, will be killed in 10 s"
    assert life.told == ("exited: exit code 1", f"stopping: {left}")
    life.after(1).happens(TreeGone())
    assert (life.state, life.acts) == (State.STARTING, (Spawn(),))


def test_f35_what_it_leaves_behind_in_a_stop_has_the_rest_of_the_time_and_is_killed_then() -> None:
    life = Life.running(command(stop=Stop(timeout=10, signal="INT"))).happens(StopAsked())
    life = life.after(4).happens(Exited(signal=2, survivors=(8,)))
    assert (life.acts, life.waits) == ((SignalTree("INT"),), 6)
    life = life.after(6)
    assert (life.state, life.acts, life.waits) == (State.STOPPING, (KillTree(),), 5)
    assert life.told == ("killing: what it left behind was killed after 10 s",)
    life.happens(TreeGone())
    assert (life.state, life.instance.message) == (State.STOPPED, "what it left behind was killed after 10 s")


def test_f35_what_a_crash_left_behind_is_killed_after_a_whole_stop_time_and_the_reason_of_the_crash_stays() -> None:
    life = Life.running(command(stop=Stop(timeout=3)))
    life.happens(Exited(code=1, message="no queue", survivors=(8,))).after(3)
    assert life.told == ("killing: what it left behind was killed after 3 s",)
    assert life.instance.message == "no queue"


def test_f35_a_stop_can_hurry_what_a_crash_left_behind() -> None:
    life = Life.running().happens(Exited(code=1, survivors=(8,))).after(1)
    life.happens(StopAsked(timeout=2))
    assert (life.acts, life.waits) == ((), 2)
    life.happens(StopAsked(hurry=True))
    assert life.acts == (KillTree(),)


def test_f35_what_is_left_by_one_that_was_killed_is_killed() -> None:
    life = Life.running().happens(StopAsked(hurry=True), Exited(signal=9, survivors=(8,)))
    assert (life.acts[-1], life.waits) == (KillTree(), 5)


@pytest.mark.parametrize(
    ("daemon", "asks"),
    [
        (command(shell=True), SignalTree("TERM")),
        (command(shell=True, stop=Stop(kill_tree=False)), Signal("TERM")),
        (command(), Signal("TERM")),
    ],
)
def test_a_shell_that_we_put_there_is_asked_with_all_of_its_group(daemon: Daemon, asks: Signal | SignalTree) -> None:
    assert Life.running(daemon).happens(StopAsked()).acts == (asks,)


def test_f35_a_stop_is_over_only_when_the_tree_is_gone() -> None:
    life = Life.running().happens(StopAsked(), Exited(code=0, survivors=(8,)))
    assert (life.state, life.instance.survivors) == (State.STOPPING, (8,))
    life.happens(TreeGone())
    assert (life.state, life.instance.survivors) == (State.STOPPED, ())


def test_the_end_of_a_cleared_tree_is_told_also_where_nothing_follows() -> None:
    life = Life.running(command(restart=Restart.NEVER)).after(60).happens(Exited(code=0, survivors=(8,)))
    life.happens(TreeGone())
    assert life.told == ("cleared: what it left behind is gone: pid 8",)
    clean = Life.running(command(restart=Restart.NEVER)).after(60).happens(Exited(code=0))
    assert life.instance == clean.instance


def test_time_spent_on_clearing_a_tree_is_no_healthy_time() -> None:
    life = Life.running(command(stop=Stop(timeout=1))).crashes(2).starts_again()
    life.happens(Exited(code=1, survivors=(8,))).after(5).happens(TreeGone())
    assert (life.state, life.instance.crashes) == (State.BACKOFF, 3)


@pytest.mark.parametrize("restart", list(Restart))
def test_f36_one_that_backgrounds_itself_is_told_so_and_not_tried_again(restart: Restart) -> None:
    life = Life.running(command(restart=restart)).after(0.1).happens(Exited(code=0, survivors=(8,)))
    assert life.acts == (SignalTree("TERM"),)
    end = Exit(code=0, signal=None, core=False, reason=Reason.CONFIG, at=life.now)
    life = life.after(10).happens(TreeGone())
    assert (life.state, life.acts, life.instance.message) == (State.FAILED, (), BACKGROUNDED)
    assert life.instance.exit == end


@pytest.mark.parametrize(
    "end",
    [
        Exited(code=1, survivors=(8,)),
        Exited(signal=11, survivors=(8,)),
        Exited(code=0, reason=Reason.TASK_STOPPED, survivors=(8,)),
        Exited(code=0),
    ],
)
def test_f36_a_crash_or_a_task_that_is_done_is_not_taken_for_backgrounding(end: Exited) -> None:
    life = Life.running().happens(end).happens(TreeGone())
    assert life.instance.message is None


def test_f36_an_old_daemon_has_not_backgrounded_itself() -> None:
    life = Life.running().after(5).happens(Exited(code=0, survivors=(8,))).happens(TreeGone())
    assert (life.state, life.instance.message) == (State.EXITED, None)


def test_survivors_are_left_alone_where_the_manifest_says_so() -> None:
    life = Life.running(command(stop=Stop(kill_tree=False))).happens(Exited(code=0, survivors=(8,)))
    assert (life.state, life.acts, life.instance.survivors) == (State.EXITED, (), ())
