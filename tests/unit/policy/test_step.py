"""Starts: who is started, who is refused, and what a failed start leads to."""

import pytest
from attrs import evolve
from tests.fakes.life import Life, command, factory, unchanged

from udaemon.policy.effects import Spawn
from udaemon.policy.events import Exited, Ready, RestartAsked, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.instance import Exit, State, Wanted, declared
from udaemon.policy.reasons import Reason, Trouble

NO_MEMORY = SpawnFailed(Trouble.RESOURCE, "fork: Cannot allocate memory (ENOMEM)")
NO_FILE = SpawnFailed(Trouble.CONFIG, "exec /x: No such file or directory (ENOENT)")


def test_a_start_asks_for_one_process_and_waits_for_no_deadline() -> None:
    life = Life(command()).happens(StartAsked())
    assert (life.state, life.instance.wanted, life.acts, life.waits) == (State.STARTING, Wanted.UP, (Spawn(),), None)


def test_a_command_runs_as_soon_as_it_exists() -> None:
    life = Life(command()).happens(StartAsked(), Spawned(7))
    expected = evolve(declared(command(), 0), state=State.RUNNING, wanted=Wanted.UP, pid=7, started_at=life.now)
    assert life.instance == expected


def test_a_factory_runs_when_its_task_is_built() -> None:
    life = Life(factory()).happens(StartAsked(), Spawned(7))
    assert life.state is State.STARTING
    life.happens(Ready())
    assert (life.state, life.told) == (State.RUNNING, ("ready: its task is built",))


@pytest.mark.parametrize("asked", [StartAsked(), RestartAsked()])
def test_a_start_while_one_is_under_way_asks_for_no_second_process(asked: StartAsked | RestartAsked) -> None:
    assert unchanged(Life(command()).happens(StartAsked()), asked)


def test_a_start_of_a_running_daemon_changes_nothing() -> None:
    assert unchanged(Life.running(), StartAsked())


def test_a_start_of_a_daemon_that_crashed_before_forgives_it() -> None:
    life = Life.running().crashes().starts_again()
    assert (life.instance.crashes, len(life.instance.attempts)) == (1, 1)
    life.happens(StartAsked())
    assert (life.state, life.instance.crashes, life.instance.attempts) == (State.RUNNING, 0, ())


@pytest.mark.parametrize("asked", [StartAsked(), RestartAsked()])
def test_a_disabled_daemon_is_never_started(asked: StartAsked | RestartAsked) -> None:
    daemon = command(enabled=False)
    life = Life(daemon).happens(asked)
    assert (life.instance, life.acts) == (declared(daemon, 0), ())
    assert life.told == ("refused: is disabled in the manifest",)
    assert unchanged(life, StopAsked(), Spawned(7), Exited(code=0), NO_FILE, NO_MEMORY)


def test_f14_a_start_that_cannot_work_as_declared_fails_at_once() -> None:
    life = Life(command()).happens(StartAsked(), NO_FILE)
    cause = Exit(code=None, signal=None, core=False, reason=Reason.CONFIG, at=life.now)
    assert life.instance == evolve(
        declared(command(), 0), state=State.FAILED, wanted=Wanted.UP, exit=cause, message=NO_FILE.message
    )
    assert life.told == (f"failed: {NO_FILE.message}",)


def test_f12_a_start_refused_by_the_system_is_tried_for_ever_and_is_no_crash() -> None:
    life = Life(command()).happens(StartAsked())
    waits, told = [], 0
    for _ in range(1200):
        life.happens(NO_MEMORY)
        told += len(life.told)
        assert (life.state, life.instance.message) == (State.BACKOFF, NO_MEMORY.message)
        waits.append(life.waits)
        life.after(life.waits or 0)
        assert life.acts == (Spawn(),)
    assert waits[:6] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert (life.instance.refusals, life.instance.crashes, life.instance.attempts) == (1200, 0, ())
    assert told == 11, "a thousand daemons that are refused each second would fill the log"
    life.happens(Spawned(7))
    assert (life.state, life.instance.refusals, life.instance.message) == (State.RUNNING, 0, None)


def test_a_retried_manual_start_is_no_automatic_restart() -> None:
    life = Life(command()).happens(StartAsked(), NO_MEMORY).starts_again()
    assert (life.state, life.instance.restarts) == (State.RUNNING, 0)


def test_a_retried_automatic_restart_counts_once() -> None:
    life = Life.running().crashes().happens(NO_MEMORY).after(1).happens(NO_MEMORY).starts_again()
    assert (life.state, life.instance.restarts) == (State.RUNNING, 1)


@pytest.mark.parametrize("asked", [StartAsked(), RestartAsked()])
def test_a_start_in_backoff_happens_now_and_by_the_operator(asked: StartAsked | RestartAsked) -> None:
    life = Life.running().crashes(3).happens(asked)
    assert (life.state, life.acts, life.waits, life.instance.crashes) == (State.STARTING, (Spawn(),), None, 0)
    life.happens(Spawned(9))
    assert life.instance.restarts == 2


def test_answers_that_nobody_waits_for_change_nothing() -> None:
    assert unchanged(Life(command()), Spawned(7), NO_MEMORY, NO_FILE, Ready(), Exited(code=0))
    assert unchanged(Life.running(), Spawned(8), NO_MEMORY, NO_FILE, Ready())
    assert unchanged(Life.running().happens(StopAsked()), Spawned(8), NO_MEMORY, NO_FILE, Ready())
    assert unchanged(Life.running().crashes(2), Spawned(8), NO_MEMORY, NO_FILE, Ready(), Exited(code=0))
