"""Effects as the performer carries them out: starts of a turn together, each with its log and with an answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.fakes.supervisor import SupervisorWorld

from udaemon.engines.base import CANCELLED, SpawnRequest
from udaemon.manifest.model import Daemon
from udaemon.policy.events import RestartAsked, StartAsked, StopAsked
from udaemon.policy.instance import Key, State

A0, B0, B1 = Key("a", 0), Key("b", 0), Key("b", 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SupervisorWorld]:
    daemons = (Daemon(name="a", command=("a",)), Daemon(name="b", command=("b",), instances=2))
    world = SupervisorWorld(tmp_path, *daemons, at_once=False)
    yield world
    for key, instance in world.fleet.instances.items():
        if instance.is_spawning:
            world.engine.fail(key)
    world.close()


def test_the_starts_of_a_turn_are_asked_for_together_and_at_its_end(world: SupervisorWorld) -> None:
    world.supervisor.autostart()
    assert world.engine.spawned == []
    world.supervisor.end_of_turn()
    assert world.engine.spawned == [A0, B0, B1]


def test_before_any_start_is_asked_for_it_can_be_written_down(world: SupervisorWorld) -> None:
    """Also one that follows from another start in the same turn."""
    before: list[int] = []

    def written_down() -> None:
        before.append(len(world.engine.spawned))
        if not world.engine.spawned:
            world.supervisor.ask([B0], StartAsked())

    world.supervisor.ask([A0], StartAsked())
    asked = world.engine.spawn

    def spawn_and_follow(requests: Sequence[SpawnRequest]) -> None:
        asked(requests)
        if world.engine.spawned == [A0, B0]:
            world.supervisor.ask([B1], StartAsked())

    world.engine.spawn = spawn_and_follow  # type: ignore[method-assign]
    world.supervisor.end_of_turn(written_down)
    assert (world.engine.spawned, before) == ([A0, B0, B1], [0, 2])


def test_each_start_has_a_log_pipe_of_its_own_to_the_file_of_its_daemon(world: SupervisorWorld) -> None:
    world.up()
    log = str(world.directory / "log")
    told = [(target.path, target.instance, target.tagged) for target in world.logs.targets]
    assert told == [(f"{log}/a.log", 0, False), (f"{log}/b.log", 0, True), (f"{log}/b.log", 1, True)]
    assert len(world.pipes.not_ended()) == 3


def test_the_logger_hears_which_process_is_behind_a_pipe_or_that_there_is_none(world: SupervisorWorld) -> None:
    world.up()
    pid = world.engine.forked(A0)
    world.engine.fail(B0)
    assert world.logs.spawned_as == [(1, pid), (2, 0)]


def test_the_logger_is_given_what_ends_a_process_should_we_die(world: SupervisorWorld) -> None:
    world.up()
    world.performer.guard(B0, 99)
    assert world.logs.watched == [(2, 99)]


def test_a_logger_that_cannot_take_that_costs_nobody_anything(world: SupervisorWorld) -> None:
    world.up()
    world.logs.errors["watch"] = OSError("no")
    world.performer.guard(B0, 99)
    assert ["in b/0" in text for text in world.bugs()] == [True]


def test_a_start_that_is_called_off_in_its_turn_never_reaches_the_engine(world: SupervisorWorld) -> None:
    world.supervisor.ask([A0], StartAsked())
    world.supervisor.ask([A0], StopAsked())
    world.supervisor.end_of_turn()
    assert (world.engine.spawned, world.states()["a/0"], world.logs.targets) == ([], State.STOPPED, [])
    assert any(CANCELLED in notice.message for notice in world.said)


def test_a_start_that_is_called_off_later_is_called_off_in_the_engine(world: SupervisorWorld) -> None:
    world.up()
    world.supervisor.ask([A0], StopAsked())
    assert (world.engine.spawned, world.states()["a/0"]) == ([A0, B0, B1], State.STOPPED)


def test_a_log_that_cannot_be_opened_is_a_start_refused_and_nothing_stays_open(world: SupervisorWorld) -> None:
    world.logs.errors["a.log"] = OSError(28, "No space left on device")
    before = len(os.listdir("/proc/self/fd"))
    world.supervisor.ask([A0], StartAsked())
    world.supervisor.end_of_turn()
    assert (world.engine.spawned, world.states()["a/0"]) == ([], State.BACKOFF)
    assert world.fleet.instances[A0].message == "log pipe cannot be made: No space left on device (ENOSPC)"
    assert len(os.listdir("/proc/self/fd")) == before
    assert world.pipes.not_ended() == {}


def test_a_common_log_that_cannot_be_opened_leaves_nothing_open(world: SupervisorWorld) -> None:
    world.logs.errors["events.log"] = OSError(24, "Too many open files")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="Too many open files"):
        world.pipes.common_log("/log/events.log")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_pipe_that_has_ended_is_no_open_log(world: SupervisorWorld) -> None:
    world.up()
    assert world.pipes.path(1).endswith("a.log")
    world.pipes.log_ended(1)
    assert len(world.pipes.not_ended()) == 2


Ask = Callable[[SupervisorWorld], object]


@pytest.mark.parametrize(
    ("ask", "signals", "kills"),
    [
        (lambda world: world.supervisor.ask([A0], StopAsked()), [(A0, "TERM")], []),
        (lambda world: world.supervisor.ask([A0], RestartAsked()), [(A0, "TERM")], []),
        (lambda world: world.supervisor.ask([A0], StopAsked(hurry=True)), [], [A0]),
        (lambda world: world.supervisor.send_signal([A0], "USR1"), [(A0, "USR1")], []),
    ],
    ids=["stop", "restart", "kill", "signal"],
)
def test_what_is_asked_of_a_process_reaches_the_engine(
    world: SupervisorWorld, ask: Ask, signals: list[tuple[Key, str]], kills: list[Key]
) -> None:
    world.up()
    for key in (A0, B0, B1):
        world.engine.forked(key)
    ask(world)
    assert (world.engine.signals, world.engine.kills) == (signals, kills)
